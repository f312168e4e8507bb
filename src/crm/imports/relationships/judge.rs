//! Rows, the relationships they mean, and what they make of them: the same for the check and for the import.

use super::meaning::Meaning;
use super::{Record, Relationships};
use crate::accounts;
use crate::base::{ContactId, RelationshipId};
use crate::crm::contacts;
use crate::crm::imports::alike;
use crate::crm::imports::brings::{self, ReadRow, Verdict};
use crate::crm::imports::cells::Said;
use crate::crm::imports::earlier;
use crate::crm::imports::model::Import;
use crate::crm::imports::names;
use crate::crm::imports::whom::{Known, Whom};
use crate::crm::relationships::actions::{differences, refuse_unfit};
use crate::crm::relationships::model::{Details, Relationship, RelationshipType, Side, Tie};
use crate::crm::relationships::{store, types};
use crate::db::OrgTx;
use chrono::NaiveDate;
use std::collections::HashMap;

type Judged = brings::Judged<RelationshipId, Record>;

/// Judges rows of an import. Two may be related in the same way at different times; but of one time a file tells once.
pub fn judge(tx: &mut OrgTx<'_>, import: &Import, rows: &[ReadRow<Meaning>]) -> anyhow::Result<Vec<Judged>> {
    let ties = ties(tx, rows)?;
    let keys: Vec<Option<String>> = ties.iter().map(|tie| tie.as_ref().ok().map(key)).collect();
    let mut told = told_before(tx, import, &keys.iter().flatten().cloned().collect::<Vec<_>>())?;
    let everybody: Vec<ContactId> = ties
        .iter()
        .flatten()
        .flat_map(|(tie, _)| [tie.contact_a, tie.contact_b])
        .collect();
    let mut here = store::among(tx, &everybody)?;
    let mut judged = Vec::new();
    for ((row, tie), key) in rows.iter().zip(ties).zip(keys) {
        let details = new_by(&row.said);
        let of_the_two = key.as_ref().map(|key| told.entry(key.clone()).or_default());
        let earlier = of_the_two
            .as_ref()
            .and_then(|told| told.iter().find(|(_, earlier)| are_of_one_time(earlier, &details)));
        let verdict = match earlier {
            Some((number, _)) => Err(format!("Row {number} of the file has this relationship already.")),
            None => tie.and_then(|(tie, is_symmetrical)| verdict(&row.said, tie, is_symmetrical, &here)),
        };
        if let (Ok(verdict), Some(told)) = (&verdict, of_the_two) {
            told.push((row.number, details));
            // No later row means the same one.
            here.retain(|one| verdict.before.as_ref().is_none_or(|(id, _)| *id != one.id));
        }
        judged.push(Judged {
            number: row.number,
            // A row that is left out does not stand in the way of later ones.
            key: key.filter(|_| verdict.is_ok()),
            verdict,
        });
    }
    Ok(judged)
}

/// What rows told of two and their relationship of one type, by `key`: the row, and how it would be if it were new.
type Told = HashMap<String, Vec<(i32, Details)>>;

/// What the rows before those at hand told.
fn told_before(tx: &mut OrgTx<'_>, import: &Import, keys: &[String]) -> anyhow::Result<Told> {
    let mut told = Told::new();
    let organization = tx.organization();
    let zone = accounts::organization(tx, organization)?.time_zone;
    for (key, row) in earlier::cells(tx, import.id, import.last_row, keys)? {
        let (said, _) = brings::read(&Relationships, import, &row.cells, Some(zone));
        told.entry(key).or_default().push((row.number, new_by(&said)));
    }
    Ok(told)
}

/// Whether two are the same relationship: with the same start; or one of them does not know its start, and had not ended
/// before the other began; or both hold on.
fn are_of_one_time(one: &Details, other: &Details) -> bool {
    let may_reach = |unknown: &Details, known: &Details| {
        unknown.start_date.is_none() && unknown.end_date.is_none_or(|end| known.start_date <= Some(end))
    };
    one.start_date == other.start_date
        || may_reach(one, other)
        || may_reach(other, one)
        || one.holds_on() && other.holds_on()
}

/// Every label a row can name a type by, as names are compared.
pub fn labels(types: &[RelationshipType]) -> Vec<String> {
    let both = |of_type: &RelationshipType| [names::key(&of_type.is.label_a_b), names::key(&of_type.is.label_b_a)];
    types.iter().flat_map(both).collect()
}

/// Who is tied to whom by each row, and whether it is the same on both sides.
fn ties(tx: &mut OrgTx<'_>, rows: &[ReadRow<Meaning>]) -> anyhow::Result<Vec<Result<(Tie, bool), String>>> {
    let types = types::all(tx)?;
    let whoms: Vec<[Whom; 2]> = rows.iter().map(|row| row.said.whoms()).collect();
    let known = Known::find(tx, whoms.iter().flatten())?;
    let meant = |[a, b]: &[Whom; 2]| match (known.meant(a), known.meant(b)) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(format!("{a} {b}")),
        (Err(one), _) | (_, Err(one)) => Err(one),
    };
    let mut wanted = Vec::new();
    for (row, whoms) in rows.iter().zip(&whoms) {
        let found = meant(whoms).and_then(|(a, b)| {
            let label = row.said.get(Meaning::Relationship);
            let label = label.ok_or("The row does not say what the two are to each other.")?;
            tie(&types, label, a, b)
        });
        wanted.push(row.fit(found));
    }
    let everybody = wanted.iter().flatten();
    let everybody: Vec<ContactId> = everybody
        .flat_map(|(tie, _): &(Tie, &RelationshipType)| [tie.contact_a, tie.contact_b])
        .collect();
    let lines = contacts::list_rows(tx, &everybody)?;
    let fit = |wanted: Result<(Tie, &RelationshipType), String>| {
        let (tie, of_type) = wanted?;
        let unfit = refuse_unfit(&tie, &of_type.is, &lines).err();
        match unfit.map(|error| error.words().unwrap_or_else(|| error.to_string())) {
            Some(words) => Err(words),
            None => Ok((tie, of_type.is.is_symmetrical())),
        }
    };
    Ok(wanted.into_iter().map(fit).collect())
}

/// The tie a label makes of two: read from the second's side it is the same one turned round.
fn tie<'t>(
    types: &'t [RelationshipType],
    label: &str,
    a: ContactId,
    b: ContactId,
) -> Result<(Tie, &'t RelationshipType), String> {
    let is_called = |side| move |of_type: &&RelationshipType| names::key(of_type.is.label(side)) == names::key(label);
    let from_a = types.iter().find(is_called(Side::A)).map(|of_type| (of_type, a, b));
    let from_b = || types.iter().find(is_called(Side::B)).map(|of_type| (of_type, b, a));
    let (of_type, contact_a, contact_b) = from_a.or_else(from_b).ok_or_else(|| {
        format!(
            "There is no relationship called “{label}” here. An administrator can add it under Settings, Relationship Types."
        )
    })?;
    let tie = Tie {
        type_id: of_type.id,
        contact_a,
        contact_b,
    };
    Ok((tie, of_type))
}

/// The relationship a row means is the one of the same type between the two, and of the same time; of several the one of the same
/// start.
fn verdict(
    said: &Said<Meaning>,
    tie: Tie,
    is_symmetrical: bool,
    here: &[Relationship],
) -> Result<Verdict<RelationshipId, Record>, String> {
    let new = new_by(said);
    let of_the_two = |one: &&Relationship| one.tie == tie || (is_symmetrical && one.tie.turned() == tie);
    let of_the_two: Vec<&Relationship> = here.iter().filter(of_the_two).collect();
    let starts_so = |one: &&&Relationship| one.details.start_date == new.start_date;
    let is_of_the_time = |one: &&&Relationship| are_of_one_time(&one.details, &new);
    let same = of_the_two.iter().find(starts_so);
    let same = same.or_else(|| of_the_two.iter().find(is_of_the_time));
    let Some(same) = same else {
        return Ok(Verdict::new((tie, new)));
    };
    let after = onto(said, &same.details);
    if after
        .end_date
        .is_some_and(|end| after.start_date.is_some_and(|start| end < start))
    {
        return Err("The end date is before the start date that is here.".into());
    }
    Ok(Verdict {
        shown: differences(Some(&same.details), Some(&after)),
        record: (same.tie.clone(), after),
        before: Some((same.id, (same.tie.clone(), same.details.clone()))),
    })
}

/// The relationship a row tells of, where it is new.
fn new_by(said: &Said<Meaning>) -> Details {
    onto(
        said,
        &Details {
            is_active: true,
            ..Details::default()
        },
    )
}

/// Takes on what the row says; an empty cell never blanks.
fn onto(said: &Said<Meaning>, details: &Details) -> Details {
    let day = |meaning| -> Option<NaiveDate> { said.get(meaning)?.parse().ok() };
    Details {
        start_date: day(Meaning::StartDate).or(details.start_date),
        end_date: day(Meaning::EndDate).or(details.end_date),
        is_active: said
            .get(Meaning::Active)
            .map_or(details.is_active, |word| word == "Yes"),
        description: said
            .get(Meaning::Description)
            .map_or_else(|| details.description.clone(), str::to_owned),
    }
}

impl Said<Meaning> {
    /// The first contact and the second.
    pub fn whoms(&self) -> [Whom; 2] {
        let whom = |number, identifier, email, name| {
            Whom::said(self.get(identifier), self.get(email), [None, None], self.get(name)).numbered(self.get(number))
        };
        use Meaning::*;
        [
            whom(NumberA, IdentifierA, EmailA, NameA),
            whom(NumberB, IdentifierB, EmailB, NameB),
        ]
    }
}

/// The same two and the same type, whichever of the two stands first where both sides are the same.
fn key((tie, is_symmetrical): &(Tie, bool)) -> String {
    let (mut a, mut b) = (tie.contact_a, tie.contact_b);
    if *is_symmetrical && b < a {
        std::mem::swap(&mut a, &mut b);
    }
    alike::key(&[&tie.type_id.to_string(), &a.to_string(), &b.to_string()])
}
