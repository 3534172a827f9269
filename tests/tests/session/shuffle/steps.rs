//! The steps, and how they are chosen.

use proptest::prelude::*;

/// One step; numbers choose among what there is.
#[derive(Clone, Debug)]
pub(super) enum Step {
    AddTeam {
        players: u8,
    },
    SetTeam {
        player: usize,
        team: Option<usize>,
        how: How,
    },
    Replace {
        team: usize,
        players: Vec<usize>,
        new: u8,
    },
    DeleteTeam {
        team: usize,
    },
    DeletePlayer {
        player: usize,
    },
    /// Out of the session, and read again.
    Forget {
        player: usize,
    },
    /// One that a rollback withdrew.
    Readd {
        player: usize,
    },
    /// Also with the key of one that is being deleted.
    AddCountry {
        code: u8,
    },
    SetCountry {
        city: Option<usize>,
        country: Option<usize>,
    },
    DeleteCountry {
        country: usize,
    },
    AddUser,
    DeleteUser {
        user: usize,
    },
    NewProfile {
        user: usize,
    },
    MoveProfile {
        profile: usize,
        user: usize,
    },
    NoProfile {
        user: usize,
    },
    AddInvoice {
        number: u8,
        lines: u8,
    },
    MoveLine {
        line: usize,
        invoice: usize,
        push: bool,
    },
    AddLine {
        invoice: usize,
    },
    DeleteLine {
        line: usize,
    },
    DeleteInvoice {
        invoice: usize,
    },
    AddSeat {
        label: Option<u8>,
    },
    Label {
        seat: usize,
        label: Option<u8>,
    },
    Swap {
        one: usize,
        other: usize,
    },
    DeleteSeat {
        seat: usize,
    },
    Flush,
    Commit,
    Rollback,
    /// A new session on what was committed, with everything loaded.
    Anew,
    /// Steps in a savepoint, which is kept, rolled back or dropped.
    Nested {
        steps: Vec<Step>,
        end: End,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum How {
    Push,
    Set,
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Keep,
    Rollback,
    Drop,
}

fn step() -> impl Strategy<Value = Step> {
    use prop::option::{of, weighted};
    let n = || 0..1000_usize;
    let how = prop_oneof![Just(How::Push), Just(How::Set), Just(How::Remove)];
    let label = || weighted(0.8, 0..6_u8);
    prop_oneof![
        2 => (0..4_u8).prop_map(|players| Step::AddTeam { players }),
        3 => (n(), of(n()), how).prop_map(|(player, team, how)| Step::SetTeam { player, team, how }),
        2 => (n(), prop::collection::vec(n(), 0..4), 0..3_u8)
            .prop_map(|(team, players, new)| Step::Replace { team, players, new }),
        1 => n().prop_map(|team| Step::DeleteTeam { team }),
        1 => n().prop_map(|player| Step::DeletePlayer { player }),
        1 => n().prop_map(|player| Step::Forget { player }),
        2 => n().prop_map(|player| Step::Readd { player }),
        4 => (0..5_u8).prop_map(|code| Step::AddCountry { code }),
        3 => (of(n()), of(n())).prop_map(|(city, country)| Step::SetCountry { city, country }),
        2 => n().prop_map(|country| Step::DeleteCountry { country }),
        2 => Just(Step::AddUser),
        1 => n().prop_map(|user| Step::DeleteUser { user }),
        3 => n().prop_map(|user| Step::NewProfile { user }),
        4 => (n(), n()).prop_map(|(profile, user)| Step::MoveProfile { profile, user }),
        1 => n().prop_map(|user| Step::NoProfile { user }),
        3 => (0..4_u8, 0..3_u8).prop_map(|(number, lines)| Step::AddInvoice { number, lines }),
        2 => (n(), n(), any::<bool>()).prop_map(|(line, invoice, push)| Step::MoveLine { line, invoice, push }),
        1 => n().prop_map(|invoice| Step::AddLine { invoice }),
        1 => n().prop_map(|line| Step::DeleteLine { line }),
        2 => n().prop_map(|invoice| Step::DeleteInvoice { invoice }),
        2 => label().prop_map(|label| Step::AddSeat { label }),
        2 => (n(), label()).prop_map(|(seat, label)| Step::Label { seat, label }),
        4 => (n(), n()).prop_map(|(one, other)| Step::Swap { one, other }),
        1 => n().prop_map(|seat| Step::DeleteSeat { seat }),
        4 => Just(Step::Flush),
        2 => Just(Step::Commit),
        2 => Just(Step::Rollback),
        1 => Just(Step::Anew),
    ]
}

fn nested(inner: impl Strategy<Value = Step>) -> impl Strategy<Value = Step> {
    let end = prop_oneof![2 => Just(End::Keep), 1 => Just(End::Rollback), 1 => Just(End::Drop)];
    (prop::collection::vec(inner, 0..8), end).prop_map(|(steps, end)| Step::Nested { steps, end })
}

/// Steps with savepoints up to three levels deep.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let third = prop_oneof![8 => step(), 1 => nested(step())];
    let second = prop_oneof![8 => step(), 1 => nested(third)];
    prop::collection::vec(prop_oneof![20 => step(), 1 => nested(second)], 1..40)
}
