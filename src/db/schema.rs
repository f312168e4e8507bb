//! The tables as diesel sees them. Written and proven by the test `schema_rs_is_what_the_migrations_make`.

diesel::table! {
    account_tokens (token_hash) {
        token_hash -> Bytea,
        purpose -> Text,
        staff_id -> Nullable<BigInt>,
        organization_id -> Nullable<BigInt>,
        email -> Nullable<Text>,
        role -> Nullable<Text>,
        invited_by -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    activities (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        type_id -> BigInt,
        subject -> Text,
        details -> Text,
        activity_at -> Timestamptz,
        duration_minutes -> Nullable<Integer>,
        status -> Text,
        priority -> Text,
        assigned_to -> Nullable<BigInt>,
        due_on -> Nullable<Date>,
        follow_up_of -> Nullable<BigInt>,
        created_by -> Text,
        added_by_contact -> Nullable<BigInt>,
        external_identifier -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    activity_contacts (organization_id, activity_id, contact_id) {
        organization_id -> BigInt,
        activity_id -> BigInt,
        contact_id -> BigInt,
    }
}

diesel::table! {
    activity_types (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        name -> Text,
        is_offered -> Bool,
    }
}

diesel::table! {
    addresses (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_id -> BigInt,
        location_type -> Text,
        street_address -> Text,
        supplemental_address_1 -> Text,
        supplemental_address_2 -> Text,
        city -> Text,
        province -> Text,
        postal_code -> Text,
        country -> Text,
        is_primary -> Bool,
    }
}

diesel::table! {
    audience_members (organization_id, audience_id, address_key) {
        organization_id -> BigInt,
        audience_id -> Text,
        address_key -> Text,
        address -> Text,
        status -> Text,
        mailchimp_contact_id -> Text,
        first_name -> Text,
        last_name -> Text,
        language -> Text,
        unsubscribe_reason -> Text,
        unsubscribe_campaign -> Text,
        last_changed -> Nullable<Timestamptz>,
        in_compliance -> Bool,
        ended_by_us -> Bool,
        status_before_end -> Nullable<Text>,
        here_before -> Bool,
        read_at -> Timestamptz,
    }
}

diesel::table! {
    audience_snapshots (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        audience_id -> Text,
        taken_at -> Timestamptz,
        member_count -> Integer,
        csv -> Text,
    }
}

diesel::table! {
    audiences (organization_id, id) {
        organization_id -> BigInt,
        id -> Text,
        name -> Text,
        double_optin -> Bool,
        member_count -> Integer,
        subscribe_url -> Text,
        gone_at -> Nullable<Timestamptz>,
        read_wanted_at -> Nullable<Timestamptz>,
        read_members -> Integer,
        read_total -> Integer,
        read_done_at -> Nullable<Timestamptz>,
        read_problem -> Nullable<Text>,
        polled_until -> Nullable<Timestamptz>,
        polled_at -> Nullable<Timestamptz>,
        webhook_id -> Nullable<Text>,
        webhook_state -> Text,
        webhook_words -> Nullable<Text>,
        webhook_signing_secret -> Nullable<Bytea>,
        webhook_checked_at -> Nullable<Timestamptz>,
        webhook_heard_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    batches (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        name -> Text,
        description -> Text,
        state -> Text,
        currency -> Text,
        control_count -> Integer,
        control_total -> BigInt,
        rows -> Jsonb,
        created_by -> Text,
        created_at -> Timestamptz,
        posted_by -> Nullable<Text>,
        posted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    bulk_actions (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        deed -> Jsonb,
        state -> Text,
        contact_count -> Integer,
        contacts_done -> Integer,
        last_place -> BigInt,
        changed -> Integer,
        unchanged -> Integer,
        skipped -> Integer,
        taken_back -> Integer,
        kept -> Integer,
        failures -> Integer,
        started_by -> Nullable<BigInt>,
        started_by_name -> Text,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        undone_by -> Nullable<BigInt>,
        undone_by_name -> Nullable<Text>,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    bulk_batches (organization_id, bulk_action_id, number) {
        organization_id -> BigInt,
        bulk_action_id -> BigInt,
        number -> BigInt,
        contact_ids -> Array<BigInt>,
    }
}

diesel::table! {
    bulk_contacts (organization_id, bulk_action_id, contact_id) {
        organization_id -> BigInt,
        bulk_action_id -> BigInt,
        contact_id -> BigInt,
        outcome -> Text,
        problem -> Nullable<Text>,
        record -> Nullable<Jsonb>,
    }
}

diesel::table! {
    campaigns (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        name -> Text,
        campaign_type -> Text,
        description -> Text,
        goal -> Nullable<BigInt>,
        goal_currency -> Text,
        start_date -> Nullable<Date>,
        end_date -> Nullable<Date>,
        parent_id -> Nullable<BigInt>,
        is_enabled -> Bool,
        fund_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    changes (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        at -> Timestamptz,
        contact_id -> Nullable<BigInt>,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_name -> Text,
        what -> Text,
        fields -> Jsonb,
        why -> Text,
    }
}

diesel::table! {
    chosen_columns (organization_id, staff_id, list) {
        organization_id -> BigInt,
        staff_id -> BigInt,
        list -> Text,
        shown -> Jsonb,
    }
}

diesel::table! {
    contact_search_terms (organization_id, term, contact_id, kind, sort_name, in_trash) {
        organization_id -> BigInt,
        term -> Text,
        contact_id -> BigInt,
        kind -> Text,
        sort_name -> Text,
        in_trash -> Bool,
    }
}

diesel::table! {
    contact_tags (organization_id, tag_id, contact_id) {
        organization_id -> BigInt,
        tag_id -> BigInt,
        contact_id -> BigInt,
        tagged_at -> Timestamptz,
    }
}

diesel::table! {
    contacts (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_type -> Text,
        contact_subtype -> Text,
        prefix -> Text,
        first_name -> Text,
        middle_name -> Text,
        last_name -> Text,
        suffix -> Text,
        organization_name -> Text,
        household_name -> Text,
        display_name -> Text,
        sort_name -> Text,
        job_title -> Text,
        gender -> Text,
        birth_date -> Nullable<Date>,
        is_deceased -> Bool,
        preferred_language -> Text,
        source -> Text,
        external_identifier -> Nullable<Text>,
        do_not_email -> Bool,
        do_not_phone -> Bool,
        do_not_mail -> Bool,
        do_not_sms -> Bool,
        do_not_trade -> Bool,
        is_opt_out -> Bool,
        created_at -> Timestamptz,
        modified_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        merged_into -> Nullable<BigInt>,
        erased_at -> Nullable<Timestamptz>,
        custom -> Jsonb,
    }
}

diesel::table! {
    contribution_action_rows (organization_id, action_id, contribution_id) {
        organization_id -> BigInt,
        action_id -> BigInt,
        contribution_id -> BigInt,
        outcome -> Text,
        problem -> Nullable<Text>,
        before -> Nullable<Jsonb>,
    }
}

diesel::table! {
    contribution_actions (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        deed -> Jsonb,
        chosen -> Integer,
        changed -> Integer,
        unchanged -> Integer,
        skipped -> Integer,
        taken_back -> Integer,
        kept -> Integer,
        done_by -> Text,
        done_at -> Timestamptz,
        undone_by -> Nullable<Text>,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    contributions (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_id -> BigInt,
        amount -> BigInt,
        currency -> Text,
        received_on -> Date,
        received_time -> Nullable<Time>,
        payment_method -> Text,
        status -> Text,
        transaction_id -> Text,
        cheque_number -> Text,
        fund_id -> BigInt,
        campaign_id -> Nullable<BigInt>,
        source -> Text,
        fee -> BigInt,
        in_kind_description -> Text,
        advantage -> BigInt,
        advantage_description -> Text,
        dedication -> Nullable<Text>,
        honoree_name -> Text,
        note -> Text,
        thanked_on -> Nullable<Date>,
        recurring_id -> Nullable<BigInt>,
        batch_id -> Nullable<BigInt>,
        external_identifier -> Nullable<Text>,
        created_at -> Timestamptz,
        modified_at -> Timestamptz,
        custom -> Jsonb,
        closed_on -> Nullable<Date>,
        closed_reason -> Text,
    }
}

diesel::table! {
    custom_fields (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        record -> Text,
        kind -> Text,
        label -> Text,
        help -> Text,
        is_required -> Bool,
        for_individuals -> Bool,
        for_organizations -> Bool,
        for_households -> Bool,
        options -> Jsonb,
        options_made -> Integer,
        place -> Integer,
        is_retired -> Bool,
    }
}

diesel::table! {
    due_contacts (organization_id, contact_id) {
        organization_id -> BigInt,
        contact_id -> BigInt,
        due_since -> Timestamptz,
        mark -> BigInt,
    }
}

diesel::table! {
    due_members (organization_id, audience_id, address_key) {
        organization_id -> BigInt,
        audience_id -> Text,
        address_key -> Text,
        read_first -> Bool,
        due_since -> Timestamptz,
        mark -> BigInt,
        complained -> Bool,
        failed_reads -> Integer,
        not_before -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    duplicate_keys (organization_id, key, contact_id) {
        organization_id -> BigInt,
        key -> Text,
        contact_id -> BigInt,
    }
}

diesel::table! {
    duplicate_pairs (organization_id, first_id, second_id) {
        organization_id -> BigInt,
        first_id -> BigInt,
        second_id -> BigInt,
        score -> Integer,
        reasons -> Jsonb,
        found_at -> Timestamptz,
        dismissed_by_name -> Nullable<Text>,
        dismissed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    duplicate_scans (organization_id) {
        organization_id -> BigInt,
        state -> Text,
        position_at -> Timestamptz,
        position_id -> BigInt,
        until -> Timestamptz,
        contact_count -> Integer,
        contacts_done -> Integer,
        failures -> Integer,
        started_by_name -> Text,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    emails (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_id -> BigInt,
        address -> Text,
        address_key -> Text,
        location_type -> Text,
        is_primary -> Bool,
        is_bulk_mail -> Bool,
        on_hold_since -> Nullable<Timestamptz>,
        on_hold_reason -> Nullable<Text>,
    }
}

diesel::table! {
    funds (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        name -> Text,
        description -> Text,
        is_receiptable -> Bool,
        gl_code -> Text,
        is_enabled -> Bool,
        is_default -> Bool,
    }
}

diesel::table! {
    giving_totals (organization_id, contact_id, currency) {
        organization_id -> BigInt,
        contact_id -> BigInt,
        currency -> Text,
        contributions -> Integer,
        total -> BigInt,
        largest -> BigInt,
        first_on -> Date,
        last_on -> Date,
    }
}

diesel::table! {
    group_contacts (organization_id, group_id, contact_id) {
        organization_id -> BigInt,
        group_id -> BigInt,
        contact_id -> BigInt,
        status -> Text,
        added_at -> Timestamptz,
        removed_at -> Nullable<Timestamptz>,
        method -> Text,
        why -> Text,
    }
}

diesel::table! {
    group_history (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        group_id -> BigInt,
        contact_id -> BigInt,
        at -> Timestamptz,
        status -> Text,
        method -> Text,
        actor -> Text,
        why -> Text,
    }
}

diesel::table! {
    groups (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        title -> Text,
        description -> Text,
        created_by -> Text,
        created_at -> Timestamptz,
        search -> Nullable<Jsonb>,
        search_checked_at -> Nullable<Timestamptz>,
        search_due_at -> Nullable<Timestamptz>,
        searched_on -> Nullable<Date>,
    }
}

diesel::table! {
    held_removals (organization_id, mapping_id, contact_id) {
        organization_id -> BigInt,
        mapping_id -> BigInt,
        contact_id -> BigInt,
        side -> Text,
        state -> Text,
        held_at -> Timestamptz,
    }
}

diesel::table! {
    import_rows (organization_id, import_id, row_number) {
        organization_id -> BigInt,
        import_id -> BigInt,
        row_number -> Integer,
        cells -> Jsonb,
        outcome -> Nullable<Text>,
        problem -> Nullable<Text>,
        contact_id -> Nullable<BigInt>,
        changes -> Nullable<Jsonb>,
        external_identifier -> Nullable<Text>,
        address_key -> Nullable<Text>,
        other_contacts -> Array<BigInt>,
    }
}

diesel::table! {
    imports (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        file_name -> Text,
        encoding -> Text,
        delimiter -> Text,
        state -> Text,
        headers -> Jsonb,
        column_meanings -> Jsonb,
        group_id -> Nullable<BigInt>,
        day_first -> Bool,
        month_first -> Bool,
        row_count -> Integer,
        rows_done -> Integer,
        last_row -> Integer,
        found_new -> Integer,
        found_changing -> Integer,
        found_unchanged -> Integer,
        found_problems -> Integer,
        added -> Integer,
        changed -> Integer,
        unchanged -> Integer,
        rejected -> Integer,
        joined -> Integer,
        taken_back -> Integer,
        kept -> Integer,
        failures -> Integer,
        started_by -> Nullable<BigInt>,
        started_by_name -> Text,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        undone_by_name -> Nullable<Text>,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    incidents (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        subject -> Text,
        words -> Text,
        opened_at -> Timestamptz,
        mailed_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    leases (organization_id, kind) {
        organization_id -> BigInt,
        kind -> Text,
        holder -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        due_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    made_removals (organization_id, mapping_id, contact_id) {
        organization_id -> BigInt,
        mapping_id -> BigInt,
        contact_id -> BigInt,
        made_at -> Timestamptz,
    }
}

diesel::table! {
    mailchimp_call_slots (login_hash, slot) {
        login_hash -> Bytea,
        slot -> SmallInt,
        holder -> Uuid,
        held_until -> Timestamptz,
    }
}

diesel::table! {
    mailchimp_connections (organization_id) {
        organization_id -> BigInt,
        state -> Text,
        account_id -> Text,
        account_name -> Text,
        account_email -> Text,
        plan -> Text,
        role -> Text,
        login_id -> Text,
        api_base -> Text,
        token -> Nullable<Bytea>,
        connected_by -> Text,
        connected_at -> Timestamptz,
        refused_at -> Nullable<Timestamptz>,
        refused_words -> Nullable<Text>,
        last_run_at -> Nullable<Timestamptz>,
        last_success_at -> Nullable<Timestamptz>,
        audiences_read_at -> Nullable<Timestamptz>,
        tidied_at -> Nullable<Timestamptz>,
        failed_runs -> Integer,
        additions_wait_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    mappings (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        group_id -> BigInt,
        audience_id -> Text,
        kind -> Text,
        state -> Text,
        broken_words -> Nullable<Text>,
        removal -> Text,
        double_optin -> Bool,
        included_group -> Bool,
        included_audience -> Bool,
        switched_on_by -> Text,
        switched_on_at -> Timestamptz,
    }
}

diesel::table! {
    memberships (organization_id, staff_id) {
        organization_id -> BigInt,
        staff_id -> BigInt,
        role -> Text,
        receives_alerts -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    merged_rows (organization_id, merge_id, table_name, column_name, row_key) {
        organization_id -> BigInt,
        merge_id -> BigInt,
        table_name -> Text,
        column_name -> Text,
        row_key -> BigInt,
    }
}

diesel::table! {
    merges (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        survivor_id -> BigInt,
        loser_id -> BigInt,
        record -> Jsonb,
        merged_by_name -> Text,
        merged_at -> Timestamptz,
        undone_by_name -> Nullable<Text>,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    note_search_terms (organization_id, term, note_id) {
        organization_id -> BigInt,
        term -> Text,
        note_id -> BigInt,
    }
}

diesel::table! {
    notes (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_id -> BigInt,
        subject -> Text,
        body -> Text,
        noted_at -> Timestamptz,
        created_by -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    opportunities (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_id -> BigInt,
        name -> Text,
        opportunity_type -> Text,
        probability -> Nullable<Text>,
        owner_id -> Nullable<BigInt>,
        amount -> Nullable<BigInt>,
        amount_received -> Nullable<BigInt>,
        currency -> Text,
        application_deadline -> Nullable<Date>,
        is_submitted -> Bool,
        decision_date -> Nullable<Date>,
        report_due -> Nullable<Date>,
        notes -> Text,
        created_by -> Text,
        created_at -> Timestamptz,
        status_id -> BigInt,
    }
}

diesel::table! {
    opportunity_statuses (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        name -> Text,
        outcome -> Text,
        probability -> Integer,
        place -> Integer,
    }
}

diesel::table! {
    organizations (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        time_zone -> Text,
        unsubscribe_sets_no_bulk_emails -> Bool,
        created_at -> Timestamptz,
        fiscal_year_month -> SmallInt,
        banner -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        organization_id -> Nullable<BigInt>,
        recipient -> Text,
        subject -> Text,
        body -> Text,
        created_at -> Timestamptz,
        attempts -> Integer,
        next_attempt_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    person_deletions (organization_id, contact_id) {
        organization_id -> BigInt,
        contact_id -> BigInt,
        asked_by -> Nullable<BigInt>,
        asked_by_name -> Text,
        asked_at -> Timestamptz,
        not_before -> Timestamptz,
        problems -> Array<Text>,
    }
}

diesel::table! {
    phones (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_id -> BigInt,
        number -> Text,
        extension -> Text,
        phone_type -> Text,
        location_type -> Text,
        is_primary -> Bool,
    }
}

diesel::table! {
    planned_calls (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        run_id -> BigInt,
        mapping_id -> BigInt,
        contact_id -> BigInt,
        audience_id -> Text,
        address_key -> Text,
        verb -> Text,
        body -> Jsonb,
        state -> Text,
        words -> Text,
        attempts -> Integer,
        not_before -> Timestamptz,
        planned_at -> Timestamptz,
        asked_at -> Nullable<Timestamptz>,
        settled_at -> Nullable<Timestamptz>,
        due_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    rate_limits (bucket) {
        bucket -> Bytea,
        tokens -> Double,
        refilled_at -> Timestamptz,
    }
}

diesel::table! {
    recurring_contributions (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contact_id -> BigInt,
        amount -> BigInt,
        currency -> Text,
        frequency -> Text,
        start_date -> Date,
        end_date -> Nullable<Date>,
        next_date -> Nullable<Date>,
        fund_id -> BigInt,
    }
}

diesel::table! {
    relationship_types (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        label_a_b -> Text,
        label_b_a -> Text,
        contact_type_a -> Nullable<Text>,
        contact_type_b -> Nullable<Text>,
        makes_b -> Nullable<Text>,
        is_offered -> Bool,
    }
}

diesel::table! {
    relationships (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        type_id -> BigInt,
        contact_a -> BigInt,
        contact_b -> BigInt,
        start_date -> Nullable<Date>,
        end_date -> Nullable<Date>,
        is_active -> Bool,
        description -> Text,
        created_by -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    review_members (organization_id, audience_id, address_key) {
        organization_id -> BigInt,
        audience_id -> Text,
        address_key -> Text,
        found_at -> Timestamptz,
        candidates -> Jsonb,
    }
}

diesel::table! {
    sessions (key_hash) {
        key_hash -> Bytea,
        staff_id -> Nullable<BigInt>,
        state -> Jsonb,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    smart_due_contacts (organization_id, contact_id) {
        organization_id -> BigInt,
        contact_id -> BigInt,
        due_since -> Timestamptz,
        mark -> BigInt,
    }
}

diesel::table! {
    soft_credits (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        contribution_id -> BigInt,
        contact_id -> BigInt,
        amount -> BigInt,
        credit_type -> Text,
    }
}

diesel::table! {
    staff (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        verified_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    step_rows (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        step_id -> BigInt,
        table_name -> Text,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
    }
}

diesel::table! {
    steps (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        record -> Text,
        record_id -> BigInt,
        at -> Timestamptz,
        staff_id -> Nullable<BigInt>,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sync_runs (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        cause -> Text,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        problem -> Nullable<Text>,
    }
}

diesel::table! {
    sync_standings (organization_id, mapping_id, contact_id) {
        organization_id -> BigInt,
        mapping_id -> BigInt,
        contact_id -> BigInt,
        address_key -> Nullable<Text>,
        agreed -> Text,
        standing -> Text,
        reason -> Text,
        words -> Text,
        refused_row -> Nullable<Bytea>,
        decided_at -> Timestamptz,
    }
}

diesel::table! {
    tags (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        name -> Text,
        colour -> Text,
        description -> Text,
        parent_id -> Nullable<BigInt>,
        created_by -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    wake_ups (id) {
        id -> BigInt,
        organization_id -> BigInt,
        kind -> Text,
        due_at -> Timestamptz,
        is_timetable -> Bool,
    }
}

diesel::table! {
    webhook_doors (secret_hash) {
        secret_hash -> Bytea,
        organization_id -> BigInt,
        audience_id -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    webhook_events (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        audience_id -> Text,
        body_hash -> Bytea,
        body -> Text,
        received_at -> Timestamptz,
        applied_at -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account_tokens,
    activities,
    activity_contacts,
    activity_types,
    addresses,
    audience_members,
    audience_snapshots,
    audiences,
    batches,
    bulk_actions,
    bulk_batches,
    bulk_contacts,
    campaigns,
    changes,
    chosen_columns,
    contact_search_terms,
    contact_tags,
    contacts,
    contribution_action_rows,
    contribution_actions,
    contributions,
    custom_fields,
    due_contacts,
    due_members,
    duplicate_keys,
    duplicate_pairs,
    duplicate_scans,
    emails,
    funds,
    giving_totals,
    group_contacts,
    group_history,
    groups,
    held_removals,
    import_rows,
    imports,
    incidents,
    leases,
    made_removals,
    mailchimp_call_slots,
    mailchimp_connections,
    mappings,
    memberships,
    merged_rows,
    merges,
    note_search_terms,
    notes,
    opportunities,
    opportunity_statuses,
    organizations,
    outbox,
    person_deletions,
    phones,
    planned_calls,
    rate_limits,
    recurring_contributions,
    relationship_types,
    relationships,
    review_members,
    sessions,
    smart_due_contacts,
    soft_credits,
    staff,
    step_rows,
    steps,
    sync_runs,
    sync_standings,
    tags,
    wake_ups,
    webhook_doors,
    webhook_events,
);
