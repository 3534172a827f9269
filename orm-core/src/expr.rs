//! Floor 1: the typed expression language, a thin shell over one plain tree ([`Node`]).
//!
//! Types check at the surface; everything below works on the plain tree, so that there is one compiler per dialect and
//! not one per type.

mod aggregate;
mod case;
mod column;
mod condition;
mod expression;
mod extract;
mod function;
mod label;
mod node;
mod operand;
mod operators;
mod order;
mod source;
mod tuple;
mod window;

pub use aggregate::{Aggregate, avg, count, count_all, count_distinct, max, min, sum};
pub use case::{Case, CaseOf, CaseOfArms, CaseStart, case_, case_of};
pub use column::{Assignment, Column};
pub use condition::{Condition, Conditions, and_, or_};
pub use expression::{BaseOf, Expr, Expression, Merge, NullOf};
pub use extract::{DatePart, Dated, extract};
pub use function::{
    Args, abs, char_length, coalesce, concat, current_date, current_timestamp, func, lower, nullif, round, trim, upper,
};
pub use label::{Label, LabelDef};
pub use node::{BinaryOp, Function, InSource, Like, LikeKind, Node, UnaryOp};
pub use operand::{InList, Operand, bind};
pub use order::{GroupBy, Nulls, OrderBy, Ordered};
pub use source::{AliasDef, ColumnRef, Derived, DerivedColumn, DerivedKind, Nested, Source};
pub use tuple::{RowExpression, RowList, RowOperand, RowValue, tuple_};
pub use window::{Bound, Frame, FrameKind, Window, WindowFunction, dense_rank, lag, lead, rank, row_number, window};
