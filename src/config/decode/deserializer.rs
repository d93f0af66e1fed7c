//! A tree of nodes as a deserializer.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::error::{About, DecodeError};
use super::{Document, Step, empty};
use crate::config::{Diagnostic, Key, Node, Value};

/// The keys that lead to a value.
pub(super) struct Path<'p> {
    nullable: &'static [&'static str],
    may_be_empty: &'static [&'static str],
    key_paths: fn() -> Vec<String>,
    key: &'p str,
    parent: Option<&'p Path<'p>>,
}

impl<'p> Path<'p> {
    pub(super) fn root<T: Document>() -> Self {
        let (nullable, may_be_empty, key_paths) = (T::NULLABLE, T::MAY_BE_EMPTY, T::key_paths);
        Self { nullable, may_be_empty, key_paths, key: "", parent: None }
    }

    fn key(&'p self, key: &'p str) -> Self {
        Self { key, parent: Some(self), ..*self }
    }

    /// Keys joined by dots; elements of lists add nothing.
    fn text(&self) -> String {
        match self.parent.map(Path::text) {
            None => String::new(),
            Some(parent) if parent.is_empty() => self.key.to_owned(),
            Some(parent) => format!("{parent}.{}", self.key),
        }
    }

    fn is_one_of(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.matches(pattern))
    }

    fn matches(&self, pattern: &str) -> bool {
        let (before, last) = pattern.rsplit_once('.').unwrap_or(("", pattern));
        match self.parent {
            None => pattern.is_empty(),
            Some(parent) if last == "**" => parent.matches(before) || parent.matches(pattern),
            Some(parent) => !pattern.is_empty() && (last == "*" || last == self.key) && parent.matches(before),
        }
    }
}

pub(super) struct NodeDeserializer<'n> {
    pub(super) node: &'n Node,
    pub(super) path: &'n Path<'n>,
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let outcome = match &self.node.value {
            Value::Null | Value::Removed => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items { items, path: self.path, next: 0 }),
            Value::Map(entries) => visitor.visit_map(Entries { entries, path: self.path, next: 0 }),
        };
        outcome.map_err(|error| error.here(&self.node.origin))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A derived struct would accept a list too, with fields by position.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::List(_) => Err(DecodeError::invalid_type(Unexpected::Seq, &visitor).here(&self.node.origin)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let outcome = match &self.node.value {
            Value::Text(text) => visitor.visit_enum(Variant(text)),
            _ => Err(DecodeError::custom(format!("must be one of {}", variants.join(", ")))),
        };
        outcome.map_err(|error| error.here(&self.node.origin))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'n> {
    items: &'n [Node],
    path: &'n Path<'n>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        while let Some(item) = self.items.get(self.next) {
            let index = self.next;
            self.next += 1;
            if item.value != Value::Removed {
                let value = seed.deserialize(NodeDeserializer { node: item, path: self.path });
                return value.map(Some).map_err(|error| error.here(&item.origin).within(Step::Index(index)));
            }
        }
        Ok(None)
    }
}

struct Entries<'n> {
    entries: &'n [(Key, Node)],
    path: &'n Path<'n>,
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, _)) = self.entries.get(self.next) else { return Ok(None) };
        let name: StrDeserializer<DecodeError> = key.name.as_str().into_deserializer();
        let value = seed
            .deserialize(name)
            .map_err(|error| error.of_key(key, &self.path.text(), self.path.key_paths).here(&key.origin));
        let value = value.and_then(|value| self.only_once(key).map(|()| Some(value)));
        value.map_err(|error| error.within(Step::Key(key.name.clone())))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some((key, value)) = self.entries.get(self.next) else {
            return Err(DecodeError::custom("has a key without a value"));
        };
        self.next += 1;
        let path = self.path.key(&key.name);
        let is_empty = match &value.value {
            Value::Null => !path.is_one_of(path.nullable),
            Value::List(items) => items.is_empty() && !path.is_one_of(path.may_be_empty),
            _ => false,
        };
        if is_empty {
            let Diagnostic { origin, problem, hint, .. } = empty(key.origin.clone(), "", &key.name);
            let error = DecodeError { hint, ..DecodeError::custom(problem) };
            return Err(error.here(&origin).within(Step::Key(key.name.clone())));
        }
        let outcome = seed.deserialize(NodeDeserializer { node: value, path: &path });
        outcome.map_err(|error| error.here(&value.origin).within(Step::Key(key.name.clone())))
    }
}

impl Entries<'_> {
    /// Reports a later duplicate of the key.
    fn only_once(&self, key: &Key) -> Result<(), DecodeError> {
        let behind = self.entries.iter().skip(self.next + 1);
        match behind.map(|(other, _)| other).find(|other| other.name == key.name) {
            Some(again) => {
                let error = DecodeError::custom(format!("is a duplicate of the key at {}", key.origin));
                Err(DecodeError { about: About::Duplicate, ..error.here(&again.origin) })
            }
            None => Ok(()),
        }
    }
}

struct Variant<'n>(&'n str);

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = DecodeError;
    type Variant = UnitOnly;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, UnitOnly), DecodeError> {
        let name: StrDeserializer<DecodeError> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, UnitOnly))
    }
}

struct UnitOnly;

impl<'de> VariantAccess<'de> for UnitOnly {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, DecodeError> {
        Err(DecodeError::custom("must be a single word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom("must be a single word"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom("must be a single word"))
    }
}
