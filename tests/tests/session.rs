//! The session: what it keeps in memory, what it writes, and what is left when something goes wrong.

mod basics;
mod batches;
mod cancelled;
mod cascades;
mod expunge;
mod failure;
mod freshness;
mod generated;
mod joined;
mod links;
mod loading;
mod lost;
mod models;
mod order;
mod pairs;
mod random;
mod rollback;
mod savepoints;
mod scale;
mod snapshot;
mod sqlite;
mod statements;
mod trees;
mod two_phase;
mod versions;
mod work;
