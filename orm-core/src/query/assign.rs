use crate::expr::{Assignment, Column, Node};
use crate::types::{FitsIn, SqlType};

/// One assignment or a tuple of them, for `do_update`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an assignment to a column of `{M}`",
    label = "expected `{M}::column.to(value)`, or a tuple of such"
)]
pub trait Assignments<M> {
    /// The columns, by index, and their values.
    fn into_assignments(self) -> Vec<(u16, Node)>;
}

impl<M> Assignments<M> for Assignment<M> {
    fn into_assignments(self) -> Vec<(u16, Node)> {
        vec![self.into_parts()]
    }
}

impl<M> Assignments<M> for Vec<Assignment<M>> {
    fn into_assignments(self) -> Vec<(u16, Node)> {
        self.into_iter().map(Assignment::into_parts).collect()
    }
}

macro_rules! assignments {
    ($($($t:ident $n:tt)+;)*) => { $(
        impl<M> Assignments<M> for ($(assignments!(@of M $t),)+) {
            fn into_assignments(self) -> Vec<(u16, Node)> {
                vec![$(self.$n.into_parts()),+]
            }
        }
    )* };
    (@of $m:ident $t:ident) => { Assignment<$m> };
}
assignments! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}

/// A column of `M` or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not columns of `{M}`",
    label = "expected a column of `{M}` or a tuple of them"
)]
pub trait ColumnsOf<M> {
    /// The columns' types.
    type Row;
    /// The columns, by index.
    fn into_columns(self) -> Vec<u16>;
}

impl<M, T> ColumnsOf<M> for Column<M, T> {
    type Row = T;
    fn into_columns(self) -> Vec<u16> {
        vec![self.raw().index]
    }
}

/// A row type that fits into columns of the types `C`.
#[diagnostic::on_unimplemented(message = "the columns hold `{C}`, but the SELECT gives `{Self}`")]
pub trait FitsColumns<C> {}

#[diagnostic::do_not_recommend]
impl<T: SqlType, U: SqlType<Base = T::Base>> FitsColumns<U> for T where T::Null: FitsIn<U::Null> {}

macro_rules! columns {
    ($($($t:ident $u:ident $n:tt)+;)*) => { $(
        impl<M, $($t),+> ColumnsOf<M> for ($(Column<M, $t>,)+) {
            type Row = ($($t,)+);
            fn into_columns(self) -> Vec<u16> {
                vec![$(self.$n.raw().index),+]
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($t, $u),+> FitsColumns<($($u,)+)> for ($($t,)+) where $($t: FitsColumns<$u>),+ {}
    )* };
}
columns! {
    A Ua 0;
    A Ua 0 B Ub 1;
    A Ua 0 B Ub 1 C Uc 2;
    A Ua 0 B Ub 1 C Uc 2 D Ud 3;
    A Ua 0 B Ub 1 C Uc 2 D Ud 3 E Ue 4;
    A Ua 0 B Ub 1 C Uc 2 D Ud 3 E Ue 4 F Uf 5;
    A Ua 0 B Ub 1 C Uc 2 D Ud 3 E Ue 4 F Uf 5 G Ug 6;
    A Ua 0 B Ub 1 C Uc 2 D Ud 3 E Ue 4 F Uf 5 G Ug 6 H Uh 7;
}
