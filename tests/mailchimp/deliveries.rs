//! What Mailchimp delivers to a webhook.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use dms::mailchimp::AudienceId;
use dms::mailchimp::webhook::{Hint, HintKind, SignatureError, verify_signature};
use url::form_urlencoded;

fn delivered(form: &[(&str, &str)]) -> Hint {
    Hint::parse(
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish()
            .as_bytes(),
    )
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_subscribe_names_the_address_the_audience_and_the_time() {
    let hint = delivered(&[
        ("type", "subscribe"),
        ("fired_at", "2020-09-07 21:31:09"),
        ("data[id]", "b748506b63"),
        ("data[email]", "a@b.ch"),
        ("data[merges][EMAIL]", "a@b.ch"),
        ("data[merges][GROUPINGS][0][unique_id]", "1a2b3c4d5e"),
        ("data[list_id]", "a36b032126"),
    ]);
    assert_eq!(hint.kind, HintKind::Subscribe);
    assert_eq!(hint.address, some("a@b.ch"));
    assert_eq!(hint.audience, AudienceId::parse("a36b032126"));
    assert_eq!(hint.fired_at, Utc.with_ymd_and_hms(2020, 9, 7, 21, 31, 9).single());
    assert!(!format!("{hint:?}").contains('@'));
}

#[test]
fn an_unsubscribe_tells_why_as_far_as_it_can() {
    let hint = delivered(&[
        ("type", "unsubscribe"),
        ("data[action]", "unsub"),
        ("data[reason]", "manual"),
        ("data[list_id]", "a36b032126"),
        ("data[email]", "a@b.ch"),
        ("data[campaign_id]", "cb398d21d2"),
    ]);
    let kind = HintKind::Unsubscribe {
        action: some("unsub"),
        reason: some("manual"),
        campaign: some("cb398d21d2"),
    };
    assert_eq!(hint.kind, kind);

    let bare = delivered(&[("type", "unsubscribe"), ("data[email]", "a@b.ch")]);
    assert_eq!(
        bare.kind,
        HintKind::Unsubscribe {
            action: None,
            reason: None,
            campaign: None
        }
    );
    assert_eq!(bare.address, some("a@b.ch"));
}

#[test]
fn a_changed_address_names_both_and_goes_by_the_new_one() {
    let hint = delivered(&[
        ("type", "upemail"),
        ("data[list_id]", "a36b032126"),
        ("data[new_id]", "51da8c3259"),
        ("data[new_email]", "new@b.ch"),
        ("data[old_email]", "a@b.ch"),
    ]);
    assert_eq!(
        hint.kind,
        HintKind::UpEmail {
            old: some("a@b.ch"),
            new: some("new@b.ch")
        }
    );
    assert_eq!(hint.address, some("new@b.ch"));
}

#[test]
fn cleaned_profile_and_campaign_are_known() {
    let cleaned = delivered(&[
        ("type", "cleaned"),
        ("data[reason]", "hard"),
        ("data[campaign_id]", "4fjk2ma9xd"),
        ("data[email]", "a@b.ch"),
    ]);
    assert_eq!(
        cleaned.kind,
        HintKind::Cleaned {
            reason: some("hard"),
            campaign: some("4fjk2ma9xd")
        }
    );
    assert_eq!(
        delivered(&[("type", "profile"), ("data[email]", "a@b.ch")]).kind,
        HintKind::Profile
    );
    let campaign = delivered(&[("type", "campaign"), ("data[subject]", "Hello"), ("data[reason]", "")]);
    assert_eq!((campaign.kind, campaign.address), (HintKind::Campaign, None));
}

#[test]
fn whatever_arrives_is_read() {
    assert_eq!(
        delivered(&[("type", "sms_subscribe")]).kind,
        HintKind::Unknown("sms_subscribe".to_owned())
    );
    assert_eq!(Hint::parse(b"").kind, HintKind::Unknown(String::new()));
    assert_eq!(Hint::parse(b"\xff\xfe&&%%=[[").kind, HintKind::Unknown(String::new()));
    let odd = delivered(&[
        ("type", "profile"),
        ("fired_at", "yesterday"),
        ("data[list_id]", "../../lists"),
    ]);
    assert_eq!((odd.fired_at, odd.audience), (None, None));
}

const BODY: &[u8] =
    b"type=unsubscribe&fired_at=2026-03-01+10%3A00%3A00&data%5Bemail%5D=a%40b.ch&data%5Blist_id%5D=a36b032126";
const SIGNATURE: &str = "t=1772359200,v1=523705c81045efb2c766fa3b0782e09ef805fd8380f25aea8e0cf3fd9ec29805";

fn verified(secret: &str, header: Option<&str>, body: &[u8], seconds_later: i64) -> Result<(), SignatureError> {
    let signed_at: DateTime<Utc> = DateTime::from_timestamp(1_772_359_200, 0).unwrap();
    verify_signature(
        &secret.to_owned().into(),
        header,
        body,
        signed_at + TimeDelta::seconds(seconds_later),
    )
}

#[test]
fn a_signature_holds_for_its_secret_its_body_and_five_minutes() {
    assert_eq!(verified("whsec_test", Some(SIGNATURE), BODY, 0), Ok(()));
    assert_eq!(verified("whsec_test", Some(SIGNATURE), BODY, 300), Ok(()));
    assert_eq!(verified("whsec_test", Some(SIGNATURE), BODY, -300), Ok(()));
    assert_eq!(
        verified("whsec_test", Some(SIGNATURE), BODY, 301),
        Err(SignatureError::Stale)
    );
    assert_eq!(
        verified("whsec_test", Some(SIGNATURE), BODY, -301),
        Err(SignatureError::Stale)
    );
    assert_eq!(
        verified("another", Some(SIGNATURE), BODY, 0),
        Err(SignatureError::Wrong)
    );
    assert_eq!(
        verified("whsec_test", Some(SIGNATURE), &BODY[1..], 0),
        Err(SignatureError::Wrong)
    );
}

#[test]
fn what_is_no_signature_is_refused() {
    let enormous = format!("t={},v1=00", i64::MAX);
    for header in [
        None,
        Some(""),
        Some("v1=00"),
        Some("t=1772359200"),
        Some("t=x,v1=00"),
        Some("t=1772359200,v1=zz"),
        Some(&enormous),
    ] {
        assert_eq!(verified("whsec_test", header, BODY, 0), Err(SignatureError::Missing));
    }
    assert_eq!(
        verified("whsec_test", Some("t=1772359200,v1=5237"), BODY, 0),
        Err(SignatureError::Wrong)
    );
}
