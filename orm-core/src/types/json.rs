use super::{DecodeError, Kind, NotNull, Row, SqlType, Type, Value};
use serde::{Serialize, de::DeserializeOwned};
use std::ops::{Deref, DerefMut};

/// Any serde type, kept as a JSON document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Json(value)
    }
}

impl<T: Serialize> Serialize for Json<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Json<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Json)
    }
}

fn encode(value: &impl Serialize) -> Value {
    match serde_json::to_string(value) {
        Ok(text) => Value::Json(text),
        Err(error) => Value::Invalid(format!("it can't be serialised as JSON: {error}")),
    }
}

fn parse<T: DeserializeOwned>(row: &dyn Row, index: usize) -> Result<Option<T>, DecodeError> {
    let Some(text) = row.json(index)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        DecodeError::Invalid(format!("the JSON does not fit `{}`: {error}", std::any::type_name::<T>()))
    })
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> SqlType for Json<T> {
    type Base = Self;
    type Null = NotNull;
    const KIND: Kind = Kind::Json;

    fn sql_type() -> Type {
        Type::Json
    }

    fn to_value(&self) -> Value {
        encode(&self.0)
    }

    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError> {
        Ok(parse(row, index)?.map(Json))
    }
}

impl SqlType for serde_json::Value {
    type Base = Self;
    type Null = NotNull;
    const KIND: Kind = Kind::Json;

    fn sql_type() -> Type {
        Type::Json
    }

    fn to_value(&self) -> Value {
        encode(self)
    }

    fn decode(row: &dyn Row, index: usize) -> Result<Option<Self>, DecodeError> {
        parse(row, index)
    }
}

/// A JSON SQL type.
#[diagnostic::on_unimplemented(message = "this needs a JSON expression, but it is `{Self}`", label = "not JSON")]
pub trait JsonType: SqlType {}
impl JsonType for serde_json::Value {}
impl JsonType for Option<serde_json::Value> {}
impl<T> JsonType for Json<T> where Json<T>: super::Plain {}
impl<T> JsonType for Option<Json<T>> where Json<T>: super::Plain {}
