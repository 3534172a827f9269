use super::arguments::{Arguments, Command};
use super::config::Config;
use super::{Models, init, say};
use crate::error::{Error, Result};
use crate::migrator::{Migrator, Status, Step};
use crate::revision::Revision;
use crate::revisions::Revisions;
use orm_core::Engine;
use orm_core::schema::MetaData;
use orm_core::types::Utc;
use std::io::Write;

pub(super) async fn run(arguments: Arguments, models: Models, out: &mut dyn Write, err: &mut dyn Write) -> Result<()> {
    let config = Config::read(&arguments)?;
    match arguments.command {
        Command::Init => init::run(&config, out),
        Command::Revision { message, autogenerate: false, .. } => {
            let parents = one_head(&Revisions::load(&config.folder)?)?;
            let revision = Revision::new(message, parents, Vec::new());
            save(&config, &revision, out)
        }
        Command::Revision { message, drop_unknown, no_renames, .. } => {
            let models = known(models, "`revision --autogenerate`")?;
            let revisions = Revisions::load(&config.folder)?;
            let parents = one_head(&revisions)?;
            let written = autogenerate(&config, revisions, &models, drop_unknown, no_renames, err).await?;
            match written {
                None => say(out, "the database is as the models say: no revision was written"),
                Some(operations) => {
                    for operation in &operations {
                        say(out, operation)?;
                    }
                    save(&config, &Revision::new(message, parents, operations), out)
                }
            }
        }
        Command::Merge { message } => {
            let heads = Revisions::load(&config.folder)?.heads();
            if heads.len() < 2 {
                return Err(Error::Config(format!("there is nothing to merge: the only head is {}", heads.join(""))));
            }
            save(&config, &Revision::new(message, heads, Vec::new()), out)
        }
        Command::Upgrade { target, plan } => {
            let migrator = connect(&config).await?;
            if plan {
                return plan_of(&migrator.plan_upgrade(&target).await?, out);
            }
            done(&migrator.upgrade(&target).await?, "applied", "nothing to apply", out)
        }
        Command::Downgrade { target, plan } => {
            let migrator = connect(&config).await?;
            if plan {
                return plan_of(&migrator.plan_downgrade(&target).await?, out);
            }
            done(&migrator.downgrade(&target).await?, "undone", "nothing to undo", out)
        }
        Command::Current { check_heads } => {
            let migrator = connect(&config).await?;
            let status = migrator.status().await?;
            current(&migrator, &status, out)?;
            if check_heads { migrator.require_head().await } else { Ok(()) }
        }
        Command::Check => check(&config, models, out, err).await,
        Command::History => {
            let revisions = Revisions::load(&config.folder)?;
            let heads = revisions.heads();
            for revision in revisions.all().iter().rev() {
                let mark = if heads.contains(&revision.id) { " (head)" } else { "" };
                let after = match revision.parents.as_slice() {
                    [] => "first".to_owned(),
                    parents => format!("after {}", parents.join(", ")),
                };
                say(out, format_args!("{}{mark}  {}  [{after}]", revision.id, revision.message))?;
            }
            Ok(())
        }
        Command::Heads => {
            let revisions = Revisions::load(&config.folder)?;
            for head in revisions.heads().iter().filter_map(|id| revisions.get(id)) {
                say(out, format_args!("{}  {}", head.id, head.message))?;
            }
            Ok(())
        }
        Command::Stamp { target, purge } => {
            let heads = connect(&config).await?.stamp(&target, purge).await?;
            match heads.as_slice() {
                [] => say(out, "the database remembers no revision now"),
                heads => say(out, format_args!("the database is at {} now; nothing was run", heads.join(", "))),
            }
        }
    }
}

async fn connect(config: &Config) -> Result<Migrator> {
    // The files come first: a mistake in them needs no server to be found.
    let revisions = Revisions::load(&config.folder)?;
    migrator(config, revisions).await
}

async fn migrator(config: &Config, revisions: Revisions) -> Result<Migrator> {
    let engine = Engine::options(config.url()?).max_connections(1).connect().await?;
    Ok(Migrator::new(engine, revisions).version_table(config.versions.clone()).lock_timeout(config.patience))
}

fn known(models: Models, what: &'static str) -> Result<MetaData> {
    Ok(models.ok_or(Error::NoModels { what })??)
}

/// What a new revision follows.
fn one_head(revisions: &Revisions) -> Result<Vec<String>> {
    match revisions.heads() {
        heads if heads.len() > 1 => Err(Error::SeveralHeads { heads }),
        heads => Ok(heads),
    }
}

fn save(config: &Config, revision: &Revision, out: &mut dyn Write) -> Result<()> {
    let day = Utc::now().format("%Y-%m-%d").to_string();
    let path = config.folder.join(revision.file_name(&day));
    let mut text = revision.to_toml();
    if revision.is_empty() && revision.parents.len() < 2 {
        text.push_str(
            "\n# [[up]]\n# op = \"sql\"\n# any = \"UPDATE …\"      # or sqlite, postgres, mysql, mariadb\n\
             #\n# [[down]]             # needed after `sql`; otherwise it follows from [[up]]\n",
        );
    }
    std::fs::write(&path, text).map_err(|error| Error::File { path: path.clone(), reason: error.to_string() })?;
    say(out, format_args!("wrote {}", path.display()))
}

async fn autogenerate(
    config: &Config,
    revisions: Revisions,
    models: &MetaData,
    drop_unknown: bool,
    no_renames: bool,
    err: &mut dyn Write,
) -> Result<Option<Vec<crate::Operation>>> {
    let migrator = migrator(config, revisions).await?;
    migrator.require_head().await?;
    let mut diff = migrator.compare(models).await?;
    if drop_unknown {
        diff.drop_unknown();
    }
    tell_unknown(&diff.unknown, " (--drop-unknown drops them)", err)?;
    if !no_renames && !diff.renames.is_empty() {
        return Err(Error::Renamed { pairs: diff.renames.iter().map(ToString::to_string).collect() });
    }
    if !diff.findings.is_empty() {
        return Err(Error::ByHand { findings: diff.findings.iter().map(ToString::to_string).collect() });
    }
    Ok(Some(diff.operations).filter(|operations| !operations.is_empty()))
}

fn tell_unknown(unknown: &[orm_core::schema::Table], cure: &str, err: &mut dyn Write) -> Result<()> {
    if unknown.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = unknown.iter().map(|table| table.name.as_str()).collect();
    say(err, format_args!("left alone, since no model knows them{cure}: {}", names.join(", ")))
}

fn plan_of(steps: &[Step], out: &mut dyn Write) -> Result<()> {
    for step in steps {
        say(out, format_args!("-- {} {} ({})", if step.undoing { "undo" } else { "apply" }, step.id, step.message))?;
        for statement in &step.statements {
            say(out, format_args!("{};", statement.trim_end().trim_end_matches(';')))?;
        }
    }
    Ok(())
}

fn done(steps: &[Step], verb: &str, nothing: &str, out: &mut dyn Write) -> Result<()> {
    if steps.is_empty() {
        return say(out, nothing);
    }
    for step in steps {
        let statements = match step.statements.len() {
            1 => "1 statement".to_owned(),
            n => format!("{n} statements"),
        };
        let took = step.took.as_millis();
        say(out, format_args!("{verb} {} ({}): {statements}, {took} ms", step.id, step.message))?;
    }
    Ok(())
}

fn current(migrator: &Migrator, status: &Status, out: &mut dyn Write) -> Result<()> {
    let message = |id: &str| migrator.revisions().get(id).map(|revision| revision.message.as_str());
    for id in &status.heads {
        let head = if migrator.revisions().heads().contains(id) { " (head)" } else { "" };
        say(out, format_args!("{id}{head}  {}", message(id).unwrap_or_default()))?;
    }
    if status.heads.is_empty() {
        say(out, "no revision is applied")?;
    }
    for half in status.applied.iter().filter(|row| !row.is_whole()) {
        let verb = if half.undoing { "undone" } else { "applied" };
        say(out, format_args!("{} is half {verb}: {} of {} statements", half.id, half.done, half.total))?;
        if let Some(error) = &half.error {
            say(out, format_args!("  it stopped at: {error}"))?;
        }
    }
    if !status.pending.is_empty() {
        say(out, format_args!("not applied: {}", status.pending.join(", ")))?;
    }
    for id in &status.unknown {
        say(out, format_args!("applied, but there is no such file: {id}"))?;
    }
    for id in &status.changed {
        say(out, format_args!("changed after it was applied: {id}"))?;
    }
    Ok(())
}

async fn check(config: &Config, models: Models, out: &mut dyn Write, err: &mut dyn Write) -> Result<()> {
    let revisions = Revisions::load(&config.folder)?;
    let heads = revisions.heads();
    if heads.len() > 1 {
        return Err(Error::SeveralHeads { heads });
    }
    let migrator = migrator(config, revisions).await?;
    migrator.require_head().await?;
    let place = match heads.first() {
        Some(head) => format!("the database is at the head, {head}"),
        None => "there are no revisions".to_owned(),
    };
    let Some(models) = models else {
        say(out, place)?;
        return say(
            err,
            "the models were not compared, since this program does not know them: check with your project's own program \
             (`orm-migrate init` writes src/bin/migrate.rs)",
        );
    };
    let models = models?;
    let diff = migrator.compare(&models).await?;
    tell_unknown(&diff.unknown, "", err)?;
    if !diff.is_empty() {
        return Err(Error::Differs { differences: diff.lines() });
    }
    say(out, format_args!("{place}, and as the {} models say", models.models().len()))
}
