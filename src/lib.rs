//! Donor management for charities that stays in step with Mailchimp.
