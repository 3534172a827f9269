//! The quickstart's program written on SeaORM 2, in that library's own recommended style: models with a one-to-many and
//! a many-to-many relationship, tables, a saved tree, queries, changes, eager loading. Only how long it takes to build is
//! of interest, but it runs.

use sea_orm::{
    ActiveValue::Set, ConnectOptions, Database, DatabaseConnection, ExprTrait, IntoActiveModel, JoinType, QueryOrder,
    QuerySelect, TransactionTrait, prelude::*,
};

mod user {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub name: String,
        pub fullname: Option<String>,
        #[sea_orm(default_expr = "Expr::current_timestamp()")]
        pub created_at: DateTimeUtc,
        #[sea_orm(has_many)]
        pub addresses: HasMany<super::address::Entity>,
        #[sea_orm(has_many, via = "user_keyword")]
        pub keywords: HasMany<super::keyword::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod address {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "addresses")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub email: String,
        pub user_id: i64,
        #[sea_orm(belongs_to, from = "user_id", to = "id", on_delete = "Cascade")]
        pub user: BelongsTo<super::user::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod keyword {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "keywords")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub word: String,
        #[sea_orm(has_many, via = "user_keyword")]
        pub users: HasMany<super::user::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod user_keyword {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_keywords")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub keyword_id: i64,
        #[sea_orm(belongs_to, from = "user_id", to = "id")]
        pub user: BelongsTo<super::user::Entity>,
        #[sea_orm(belongs_to, from = "keyword_id", to = "id")]
        pub keyword: BelongsTo<super::keyword::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

async fn create(db: &DatabaseConnection) -> Result<(), DbErr> {
    db.get_schema_builder()
        .register(user::Entity)
        .register(address::Entity)
        .register(keyword::Entity)
        .register(user_keyword::Entity)
        .apply(db)
        .await
}

async fn save_trees(db: &DatabaseConnection) -> Result<(), DbErr> {
    user::ActiveModel::builder()
        .set_name("ed")
        .set_fullname(Some("Ed Jones".to_owned()))
        .set_created_at(chrono_now())
        .add_address(address::ActiveModel::builder().set_email("ed@example.org"))
        .add_address(address::ActiveModel::builder().set_email("ed.jones@example.com"))
        .add_keyword(keyword::ActiveModel::builder().set_word("rust"))
        .save(db)
        .await?;
    user::ActiveModel::builder()
        .set_name("sandy")
        .set_created_at(chrono_now())
        .add_address(address::ActiveModel::builder().set_email("sandy@example.org"))
        .save(db)
        .await?;
    Ok(())
}

fn chrono_now() -> DateTimeUtc {
    std::time::SystemTime::now().into()
}

#[tokio::main]
async fn main() -> Result<(), DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let db = Database::connect(options).await?;
    create(&db).await?;
    save_trees(&db).await?;

    let named: Vec<user::Model> = user::Entity::find()
        .filter(user::COLUMN.name.like("s%"))
        .filter(user::Column::Fullname.is_null())
        .order_by_asc(user::COLUMN.name)
        .all(&db)
        .await?;
    println!("without a full name: {named:?}");

    let totals: Vec<(String, i64)> = user::Entity::find()
        .select_only()
        .column(user::Column::Name)
        .column_as(address::Column::Id.count(), "addresses")
        .join(JoinType::LeftJoin, user::Relation::Address.def())
        .group_by(user::Column::Name)
        .having(address::Column::Id.count().gt(0))
        .into_tuple()
        .all(&db)
        .await?;
    for (name, addresses) in totals {
        println!("{name} has {addresses} addresses");
    }

    let transaction = db.begin().await?;
    let sandy = user::Entity::find().filter(user::COLUMN.name.eq("sandy")).one(&transaction).await?;
    let sandy = sandy.ok_or_else(|| DbErr::RecordNotFound("sandy".to_owned()))?;
    let mut changed = sandy.clone().into_active_model();
    changed.fullname = Set(Some("Sandy Cheeks".to_owned()));
    changed.update(&transaction).await?;
    let moved = address::Entity::find().filter(address::Column::Email.ends_with(".com")).one(&transaction).await?;
    if let Some(moved) = moved {
        let mut moved = moved.into_active_model();
        moved.user_id = Set(sandy.id);
        moved.update(&transaction).await?;
    }
    address::Entity::delete_many().filter(address::COLUMN.email.eq("ed@example.org")).exec(&transaction).await?;
    transaction.commit().await?;

    let users =
        user::Entity::load().order_by_asc(user::COLUMN.id).with(address::Entity).with(keyword::Entity).all(&db).await?;
    for user in users {
        println!("{} ({})", user.name, user.fullname.as_deref().unwrap_or("no full name"));
        for address in &user.addresses {
            println!("  {}", address.email);
        }
        for keyword in &user.keywords {
            println!("  knows {}", keyword.word);
        }
    }
    Ok(())
}
