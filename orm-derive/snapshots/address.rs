#[automatically_derived]
#[allow(non_upper_case_globals, dead_code, unreachable_pub)]
impl Address {
    ///Column `addresses.id`.
    pub const id: ::orm_core::expr::Column<
        Address,
        <i64 as ::orm_core::types::Field>::Sql,
    > = ::orm_core::expr::Column::new(<Address as ::orm_core::entity::Model>::TABLE, 0);
    ///Column `addresses.street`.
    ///
    /// The street, with the number.
    pub const street: ::orm_core::expr::Column<
        Address,
        <String as ::orm_core::types::Field>::Sql,
    > = ::orm_core::expr::Column::new(<Address as ::orm_core::entity::Model>::TABLE, 1);
    ///Column `addresses.city`.
    const city: ::orm_core::expr::Column<
        Address,
        <Option<String> as ::orm_core::types::Field>::Sql,
    > = ::orm_core::expr::Column::new(<Address as ::orm_core::entity::Model>::TABLE, 2);
    ///Column `addresses.createdAt`.
    pub const created_at: ::orm_core::expr::Column<
        Address,
        <Auto<DateTime<Utc>> as ::orm_core::types::Field>::Sql,
    > = ::orm_core::expr::Column::new(<Address as ::orm_core::entity::Model>::TABLE, 3);
    ///Column `addresses.rank`.
    pub const rank: ::orm_core::expr::Column<
        Address,
        <Auto<i32> as ::orm_core::types::Field>::Sql,
    > = ::orm_core::expr::Column::new(<Address as ::orm_core::entity::Model>::TABLE, 4);
    ///Column `addresses.version`.
    pub const version: ::orm_core::expr::Column<
        Address,
        <i32 as ::orm_core::types::Field>::Sql,
    > = ::orm_core::expr::Column::new(<Address as ::orm_core::entity::Model>::TABLE, 5);
    ///Column `addresses.userId`.
    pub const user_id: ::orm_core::expr::Column<
        Address,
        <Option<i64> as ::orm_core::types::Field>::Sql,
    > = ::orm_core::expr::Column::new(<Address as ::orm_core::entity::Model>::TABLE, 6);
    ///Relationship to `models::User`.
    pub const user: ::orm_core::entity::Rel<
        Address,
        models::User,
        ::orm_core::entity::Maybe,
    > = ::orm_core::entity::Rel::new(<Address as ::orm_core::entity::Model>::TABLE, 0);
    ///Relationship to `Parcel`.
    pub const parcels: ::orm_core::entity::Rel<
        Address,
        Parcel,
        ::orm_core::entity::Many,
    > = ::orm_core::entity::Rel::new(<Address as ::orm_core::entity::Model>::TABLE, 1);
    ///Relationship to `Tag`.
    pub const tags: ::orm_core::entity::Rel<Address, Tag, ::orm_core::entity::Many> = ::orm_core::entity::Rel::new(
        <Address as ::orm_core::entity::Model>::TABLE,
        2,
    );
}
#[doc(hidden)]
#[allow(non_upper_case_globals, dead_code, unreachable_pub)]
pub const Address: ::orm_core::entity::Entity<Address> = ::orm_core::entity::Entity::new();
const _: () = {
    static __ORM_TABLE: ::orm_core::entity::TableDef = ::orm_core::entity::TableDef {
        name: "addresses",
        schema: ::core::option::Option::Some("app"),
        model: "Address",
        comment: ::core::option::Option::Some("Where people live"),
        columns: &[
            ::orm_core::entity::ColumnDef {
                name: "id",
                field: "id",
                sql_type: <i64 as ::orm_core::types::Field>::column_type,
                nullable: <i64 as ::orm_core::types::Field>::NULLABLE,
                auto: <i64 as ::orm_core::types::Field>::AUTO,
                auto_increment: <i64 as ::orm_core::types::Field>::NUMBERED,
                server_default: ::core::option::Option::None,
                default: ::core::option::Option::None,
                comment: ::core::option::Option::None,
            },
            ::orm_core::entity::ColumnDef {
                name: "street",
                field: "street",
                sql_type: || ::orm_core::__private::with_length(
                    <String as ::orm_core::types::Field>::column_type(),
                    80u32,
                ),
                nullable: <String as ::orm_core::types::Field>::NULLABLE,
                auto: <String as ::orm_core::types::Field>::AUTO,
                auto_increment: false,
                server_default: ::core::option::Option::None,
                default: ::core::option::Option::None,
                comment: ::core::option::Option::None,
            },
            ::orm_core::entity::ColumnDef {
                name: "city",
                field: "city",
                sql_type: <Option<String> as ::orm_core::types::Field>::column_type,
                nullable: <Option<String> as ::orm_core::types::Field>::NULLABLE,
                auto: <Option<String> as ::orm_core::types::Field>::AUTO,
                auto_increment: false,
                server_default: ::core::option::Option::None,
                default: ::core::option::Option::None,
                comment: ::core::option::Option::None,
            },
            ::orm_core::entity::ColumnDef {
                name: "createdAt",
                field: "created_at",
                sql_type: <Auto<DateTime<Utc>> as ::orm_core::types::Field>::column_type,
                nullable: <Auto<DateTime<Utc>> as ::orm_core::types::Field>::NULLABLE,
                auto: <Auto<DateTime<Utc>> as ::orm_core::types::Field>::AUTO,
                auto_increment: false,
                server_default: ::core::option::Option::Some("CURRENT_TIMESTAMP"),
                default: ::core::option::Option::None,
                comment: ::core::option::Option::None,
            },
            ::orm_core::entity::ColumnDef {
                name: "rank",
                field: "rank",
                sql_type: <Auto<i32> as ::orm_core::types::Field>::column_type,
                nullable: <Auto<i32> as ::orm_core::types::Field>::NULLABLE,
                auto: <Auto<i32> as ::orm_core::types::Field>::AUTO,
                auto_increment: false,
                server_default: ::core::option::Option::None,
                default: ::core::option::Option::Some(|| {
                    Address::rank.to(3).into_parts().1
                }),
                comment: ::core::option::Option::None,
            },
            ::orm_core::entity::ColumnDef {
                name: "version",
                field: "version",
                sql_type: <i32 as ::orm_core::types::Field>::column_type,
                nullable: <i32 as ::orm_core::types::Field>::NULLABLE,
                auto: <i32 as ::orm_core::types::Field>::AUTO,
                auto_increment: false,
                server_default: ::core::option::Option::None,
                default: ::core::option::Option::None,
                comment: ::core::option::Option::None,
            },
            ::orm_core::entity::ColumnDef {
                name: "userId",
                field: "user_id",
                sql_type: <Option<i64> as ::orm_core::types::Field>::column_type,
                nullable: <Option<i64> as ::orm_core::types::Field>::NULLABLE,
                auto: <Option<i64> as ::orm_core::types::Field>::AUTO,
                auto_increment: false,
                server_default: ::core::option::Option::None,
                default: ::core::option::Option::None,
                comment: ::core::option::Option::None,
            },
        ],
        primary_key: &[0],
        primary_key_name: ::core::option::Option::None,
        foreign_keys: &[
            ::orm_core::entity::ForeignKeyDef {
                name: ::core::option::Option::None,
                columns: &[6],
                references: ::orm_core::entity::ReferencesDef::Lazy(
                    &[|| models::User::id.raw()],
                ),
                on_delete: ::orm_core::entity::Action::SetNull,
                on_update: ::orm_core::entity::Action::NoAction,
            },
        ],
        uniques: &[
            ::orm_core::entity::UniqueDef {
                name: ::core::option::Option::Some("uq_place"),
                columns: &[1, 2],
            },
        ],
        checks: &[
            ::orm_core::entity::CheckDef {
                name: ::core::option::Option::Some("named"),
                expression: "street <> ''",
            },
        ],
        indexes: &[
            ::orm_core::entity::IndexDef {
                name: ::core::option::Option::None,
                columns: &[2],
                unique: false,
                filter: ::core::option::Option::Some("city <> ''"),
            },
        ],
        relationships: &[
            ::orm_core::entity::RelationshipDef {
                name: "user",
                full_name: "Address::user",
                kind: ::orm_core::entity::RelKind::BelongsTo,
                target: || <models::User as ::orm_core::entity::Model>::TABLE,
                foreign_key: &[],
                inverse: ::core::option::Option::Some({
                    fn inverse() -> ::orm_core::entity::RelRef {
                        fn raw<K>(
                            relationship: ::orm_core::entity::Rel<
                                models::User,
                                Address,
                                K,
                            >,
                        ) -> ::orm_core::entity::RelRef {
                            relationship.raw()
                        }
                        raw(models::User::addresses)
                    }
                    inverse
                }),
                secondary: ::core::option::Option::None,
                order_by: ::core::option::Option::None,
                cascade: ::orm_core::entity::Cascade {
                    save_update: true,
                    delete: false,
                    delete_orphan: false,
                    expunge: false,
                },
                passive_deletes: ::orm_core::entity::PassiveDeletes::No,
                passive_updates: true,
                post_update: false,
                single_parent: false,
                load: ::core::option::Option::None,
                filter: ::core::option::Option::None,
            },
            ::orm_core::entity::RelationshipDef {
                name: "parcels",
                full_name: "Address::parcels",
                kind: ::orm_core::entity::RelKind::HasMany,
                target: || <Parcel as ::orm_core::entity::Model>::TABLE,
                foreign_key: &[],
                inverse: ::core::option::Option::None,
                secondary: ::core::option::Option::None,
                order_by: ::core::option::Option::Some(|| {
                    let mut keys = ::std::vec::Vec::new();
                    ::orm_core::expr::OrderBy::push_to(
                        (Parcel::id, Parcel::weight.desc()),
                        &mut keys,
                    );
                    keys
                }),
                cascade: ::orm_core::entity::Cascade {
                    save_update: true,
                    delete: true,
                    delete_orphan: true,
                    expunge: true,
                },
                passive_deletes: ::orm_core::entity::PassiveDeletes::Yes,
                passive_updates: true,
                post_update: false,
                single_parent: false,
                load: ::core::option::Option::None,
                filter: ::core::option::Option::None,
            },
            ::orm_core::entity::RelationshipDef {
                name: "tags",
                full_name: "Address::tags",
                kind: ::orm_core::entity::RelKind::ManyToMany,
                target: || <Tag as ::orm_core::entity::Model>::TABLE,
                foreign_key: &[],
                inverse: ::core::option::Option::None,
                secondary: ::core::option::Option::Some(::orm_core::entity::Secondary::Named {
                    table: "address_tags",
                    from: &["address_id"],
                    to: &["tag_id"],
                }),
                order_by: ::core::option::Option::None,
                cascade: ::orm_core::entity::Cascade {
                    save_update: true,
                    delete: false,
                    delete_orphan: false,
                    expunge: false,
                },
                passive_deletes: ::orm_core::entity::PassiveDeletes::No,
                passive_updates: true,
                post_update: false,
                single_parent: false,
                load: ::core::option::Option::None,
                filter: ::core::option::Option::None,
            },
        ],
        version: ::core::option::Option::Some(5),
        type_id: ::core::any::TypeId::of::<Address>,
        mapper: || {
            static MAPPER: ::orm_core::model::Mapper = ::orm_core::model::Mapper::of::<
                Address,
            >();
            &MAPPER
        },
        resolved: ::orm_core::entity::ResolvedOnce::new(),
    };
    #[automatically_derived]
    impl ::orm_core::entity::Model for Address {
        const TABLE: &'static ::orm_core::entity::TableDef = &__ORM_TABLE;
        type PrimaryKey = <i64 as ::orm_core::types::Field>::Sql;
    }
    #[automatically_derived]
    impl ::orm_core::model::Mapped for Address {
        fn from_row(
            row: &dyn ::orm_core::types::Row,
            at: usize,
        ) -> ::core::result::Result<Self, ::orm_core::model::ColumnError> {
            ::core::result::Result::Ok(Self {
                id: ::orm_core::model::field(
                    <i64 as ::orm_core::types::Field>::decode(row, at),
                    0,
                )?,
                street: ::orm_core::model::field(
                    <String as ::orm_core::types::Field>::decode(row, at + 1),
                    1,
                )?,
                city: ::orm_core::model::field(
                    <Option<String> as ::orm_core::types::Field>::decode(row, at + 2),
                    2,
                )?,
                created_at: ::orm_core::model::field(
                    <Auto<
                        DateTime<Utc>,
                    > as ::orm_core::types::Field>::decode(row, at + 3),
                    3,
                )?,
                rank: ::orm_core::model::field(
                    <Auto<i32> as ::orm_core::types::Field>::decode(row, at + 4),
                    4,
                )?,
                version: ::orm_core::model::field(
                    <i32 as ::orm_core::types::Field>::decode(row, at + 5),
                    5,
                )?,
                user_id: ::orm_core::model::field(
                    <Option<i64> as ::orm_core::types::Field>::decode(row, at + 6),
                    6,
                )?,
                user: ::orm_core::model::RelationField::not_loaded("Address::user"),
                parcels: ::orm_core::model::RelationField::not_loaded(
                    "Address::parcels",
                ),
                tags: ::orm_core::model::RelationField::not_loaded("Address::tags"),
                distance: <Option<f64> as ::core::default::Default>::default(),
            })
        }
        fn value(
            &self,
            column: u16,
        ) -> ::core::option::Option<::orm_core::types::Value> {
            match column {
                0 => <i64 as ::orm_core::types::Field>::value(&self.id),
                1 => <String as ::orm_core::types::Field>::value(&self.street),
                2 => <Option<String> as ::orm_core::types::Field>::value(&self.city),
                3 => {
                    <Auto<
                        DateTime<Utc>,
                    > as ::orm_core::types::Field>::value(&self.created_at)
                }
                4 => <Auto<i32> as ::orm_core::types::Field>::value(&self.rank),
                5 => <i32 as ::orm_core::types::Field>::value(&self.version),
                6 => <Option<i64> as ::orm_core::types::Field>::value(&self.user_id),
                _ => ::core::option::Option::None,
            }
        }
        fn read(
            &mut self,
            column: u16,
            row: &dyn ::orm_core::types::Row,
            at: usize,
        ) -> ::core::result::Result<(), ::orm_core::types::DecodeError> {
            match column {
                0 => self.id = <i64 as ::orm_core::types::Field>::decode(row, at)?,
                1 => self.street = <String as ::orm_core::types::Field>::decode(row, at)?,
                2 => {
                    self.city = <Option<
                        String,
                    > as ::orm_core::types::Field>::decode(row, at)?;
                }
                3 => {
                    self.created_at = <Auto<
                        DateTime<Utc>,
                    > as ::orm_core::types::Field>::decode(row, at)?;
                }
                4 => {
                    self.rank = <Auto<i32> as ::orm_core::types::Field>::decode(row, at)?;
                }
                5 => self.version = <i32 as ::orm_core::types::Field>::decode(row, at)?,
                6 => {
                    self.user_id = <Option<
                        i64,
                    > as ::orm_core::types::Field>::decode(row, at)?;
                }
                _ => {}
            }
            ::core::result::Result::Ok(())
        }
        fn relation(&self, index: u16) -> &dyn ::orm_core::model::Relation {
            match index {
                0 => {
                    <BelongsTo<
                        Option<models::User>,
                    > as ::orm_core::model::Relation>::shared(&self.user)
                }
                1 => {
                    <HasMany<
                        Parcel,
                    > as ::orm_core::model::Relation>::shared(&self.parcels)
                }
                2 => <ManyToMany<Tag> as ::orm_core::model::Relation>::shared(&self.tags),
                _ => ::orm_core::model::no_relation(index),
            }
        }
        fn relation_mut(&mut self, index: u16) -> &mut dyn ::orm_core::model::Relation {
            match index {
                0 => {
                    <BelongsTo<
                        Option<models::User>,
                    > as ::orm_core::model::Relation>::unique(&mut self.user)
                }
                1 => {
                    <HasMany<
                        Parcel,
                    > as ::orm_core::model::Relation>::unique(&mut self.parcels)
                }
                2 => {
                    <ManyToMany<
                        Tag,
                    > as ::orm_core::model::Relation>::unique(&mut self.tags)
                }
                _ => ::orm_core::model::no_relation(index),
            }
        }
    }
    ::orm_core::__private::register!(< Address as ::orm_core::entity::Model > ::TABLE);
    const _: () = ::orm_core::entity::referenced(models::User::id)
        .by::<<Option<i64> as ::orm_core::types::Field>::Sql>();
};
