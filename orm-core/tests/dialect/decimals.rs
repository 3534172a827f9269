//! Decimals are texts on SQLite, compared by a collation, and floats once they are calculated with.

use super::*;

#[derive(Model, Debug, Clone, Default)]
#[orm(table = "items")]
struct Item {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision = 10, scale = 2)]
    price: Decimal,
    rate: Option<Decimal>,
    quantity: i32,
}

fn ten() -> Decimal {
    Decimal::new(1050, 2)
}

#[track_caller]
fn where_(condition: impl Condition, sqlite: &str, postgres: &str) {
    let statement = select(Item::id).filter(condition);
    assert_eq!(sql(&statement, Dialect::Sqlite), format!("SELECT id FROM items WHERE {sqlite}"));
    assert_eq!(sql(&statement, Dialect::Postgres), format!("SELECT id FROM items WHERE {postgres}"));
}

#[test]
fn kept_decimals_compare_by_the_collation() {
    where_(Item::price.gt(ten()), "price COLLATE orm_decimal > ?", "price > $1");
    where_(Item::price.le(Item::rate), "price COLLATE orm_decimal <= rate", "price <= rate");
    where_(Item::price.between(ten(), ten()), "price COLLATE orm_decimal BETWEEN ? AND ?", "price BETWEEN $1 AND $2");
    // Equal decimals are equal texts.
    where_(Item::price.eq(ten()), "price = ?", "price = $1");
    where_(Item::price.in_([ten()]), "price IN (?)", "price IN ($1)");
    where_(Item::rate.is(None), "rate IS NULL", "rate IS NULL");
    where_(
        coalesce(Item::rate, ten()).lt(ten()),
        "coalesce(rate, ?) COLLATE orm_decimal < ?",
        "coalesce(rate, $1) < $2",
    );
}

#[test]
fn a_bound_decimal_is_no_text_on_mysql() {
    check(
        &update(Item).set(Item::rate, ten()).filter(Item::price.in_([ten()])),
        &[
            "UPDATE items SET rate = ? WHERE price IN (?)",
            "UPDATE items SET rate = $1 WHERE price IN ($2)",
            "UPDATE items SET rate = ? WHERE price IN (CAST(? AS DECIMAL(65, 2)))",
        ],
    );
}

#[test]
fn calculated_decimals_compare_as_floats() {
    where_((Item::price + Item::price).gt(ten()), "round(price + price, 2) > CAST(? AS REAL)", "price + price > $1");
    where_((Item::price * ten()).eq(Item::price), "round(price * ?, 4) = CAST(price AS REAL)", "price * $1 = price");
    where_((Item::price / ten()).gt(ten()), "CAST(price AS REAL) / ? > CAST(? AS REAL)", "price / $1 > $2");
    where_((Item::rate * ten()).gt(ten()), "rate * ? > CAST(? AS REAL)", "rate * $1 > $2");
    where_(
        (Item::price + Item::price).in_([ten()]),
        "round(price + price, 2) IN (CAST(? AS REAL))",
        "price + price IN ($1)",
    );
}

#[test]
fn orders_and_aggregates() {
    let total = sum(Item::price).label("total");
    check(
        &select((Item::quantity, &total)).group_by(Item::quantity).having((&total).gt(ten())).order_by((&total).desc()),
        &[
            "SELECT quantity, round(sum(price), 2) AS total FROM items GROUP BY quantity HAVING round(sum(price), 2) > \
             CAST(? AS REAL) ORDER BY total DESC",
            "SELECT quantity, sum(price) AS total FROM items GROUP BY quantity HAVING sum(price) > $1 ORDER BY total DESC",
            "SELECT quantity, sum(price) AS total FROM items GROUP BY quantity HAVING sum(price) > CAST(? AS DECIMAL(65, 2)) \
             ORDER BY total DESC",
        ],
    );
    check(
        &select((max(Item::price), avg(Item::price))).order_by(max(Item::price)),
        &[
            "SELECT max(price COLLATE orm_decimal), avg(price) FROM items ORDER BY max(price COLLATE orm_decimal) COLLATE \
             orm_decimal",
            "SELECT max(price), CAST(avg(price) AS DOUBLE PRECISION) FROM items ORDER BY max(price)",
            "SELECT max(price), avg(CAST(price AS DOUBLE)) FROM items ORDER BY max(price)",
        ],
    );
    check(
        &select(Item::id).order_by((Item::price.desc(), Item::rate.asc().nulls_last())),
        &[
            "SELECT id FROM items ORDER BY price COLLATE orm_decimal DESC, rate COLLATE orm_decimal NULLS LAST",
            "SELECT id FROM items ORDER BY price DESC, rate NULLS LAST",
            "SELECT id FROM items ORDER BY price DESC, rate IS NULL, rate",
        ],
    );
    check(
        &select(sum(Item::price * Item::price).filter(Item::quantity.gt(1))),
        &[
            "SELECT round(sum(price * price) FILTER (WHERE quantity > ?), 4) FROM items",
            "SELECT sum(price * price) FILTER (WHERE quantity > $1) FROM items",
            "SELECT sum(CASE WHEN quantity > ? THEN price * price END) FROM items",
        ],
    );
    // A choice between a kept and a calculated one.
    check(
        &select(Item::id).order_by(coalesce(nullif(Item::price, ten()), Item::price * ten())),
        &[
            "SELECT id FROM items ORDER BY CAST(coalesce(nullif(price, ?), round(price * ?, 4)) AS REAL)",
            "SELECT id FROM items ORDER BY coalesce(nullif(price, $1), price * $2)",
            "SELECT id FROM items ORDER BY coalesce(nullif(price, CAST(? AS DECIMAL(65, 2))), price * CAST(? AS \
             DECIMAL(65, 2)))",
        ],
    );
}

#[test]
fn casts_and_functions() {
    check(
        &select((Item::quantity.cast::<Decimal>(), round(Item::price, 1), Item::price % ten())),
        &[
            "SELECT CAST(quantity AS NUMERIC), round(price, ?), (price - ? * CAST(CAST(price AS REAL) / ? AS INTEGER)) FROM \
             items",
            "SELECT CAST(quantity AS NUMERIC), round(price, $1), price % $2 FROM items",
            "SELECT CAST(quantity AS DECIMAL(58, 28)), round(price, ?), price % CAST(? AS DECIMAL(65, 2)) FROM items",
        ],
    );
    let sub = select((Item::id, Item::price)).subquery("s");
    check(
        &select(sub.get(Item::id)).filter(sub.get(Item::price).gt(ten())),
        &[
            "SELECT id FROM (SELECT id, price FROM items) AS s WHERE price COLLATE orm_decimal > ?",
            "SELECT id FROM (SELECT id, price FROM items) AS s WHERE price > $1",
            "SELECT id FROM (SELECT id, price FROM items) AS s WHERE price > CAST(? AS DECIMAL(65, 2))",
        ],
    );
}
