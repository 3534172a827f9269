//! What the derive writes for one model, as a file to read.

use quote::quote;
use std::path::Path;

/// After a change, `UPDATE_SNAPSHOTS=1 cargo test -p orm-derive` writes the file anew; read the difference.
#[test]
fn expansion() {
    let input = syn::parse_quote! {
        #[orm(
            table = "addresses",
            schema = "app",
            comment = "Where people live",
            rename_all = "camelCase",
            unique(name = "uq_place", columns(street, city)),
            index(columns(city), where = "city <> ''"),
            check(name = "named", "street <> ''")
        )]
        pub struct Address {
            #[orm(primary_key)]
            pub id: i64,
            /// The street, with the number.
            #[orm(length = 80)]
            pub street: String,
            city: Option<String>,
            #[orm(server_default = "CURRENT_TIMESTAMP")]
            pub created_at: Auto<DateTime<Utc>>,
            #[orm(default = 3)]
            pub rank: Auto<i32>,
            #[orm(version)]
            pub version: i32,
            #[orm(references = models::User::id, on_delete = "set_null")]
            pub user_id: Option<i64>,
            #[orm(inverse = models::User::addresses)]
            pub user: BelongsTo<Option<models::User>>,
            #[orm(cascade(all, delete_orphan), passive_deletes, order_by = (Parcel::id, Parcel::weight.desc()))]
            pub parcels: HasMany<Parcel>,
            #[orm(secondary = "address_tags", from = "address_id", to = "tag_id")]
            pub tags: ManyToMany<Tag>,
            #[orm(skip)]
            pub distance: Option<f64>,
        }
    };
    let output = super::derive(input, quote!(::orm_core));
    let text = prettyplease::unparse(&syn::parse2(output).expect("the output is Rust"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/address.rs");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).expect("the snapshot can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == kept, "the expansion has changed; it is now:\n{text}");
}
