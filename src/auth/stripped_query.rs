use super::ambiguous_paths::decode;

/// A query without the parameters of one name, in every percent-encoded spelling.
#[derive(Debug, PartialEq, Eq)]
pub struct StrippedQuery {
    /// The first value, decoded.
    pub value: Vec<u8>,
    pub is_repeated: bool,
    /// The other parameters, byte for byte and in order.
    pub rest: String,
}

impl StrippedQuery {
    /// Returns `None` if the query does not contain the parameter.
    pub fn of(query: &str, name: &str) -> Option<Self> {
        let is_it = |pair: &&str| unescape(pair.split('=').next().unwrap_or_default()) == name.as_bytes();
        let (found, left): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_it);
        let first = found.first()?;
        let value = unescape(first.split_once('=').map_or("", |(_, value)| value));
        Some(Self { value, is_repeated: found.len() > 1, rest: left.join("&") })
    }
}

/// Form decoding (WHATWG URL, application/x-www-form-urlencoded).
fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let (byte, step) = match bytes[index] {
            b'%' => decode(bytes, index).map_or((b'%', 1), |byte| (byte, 3)),
            b'+' => (b' ', 1),
            byte => (byte, 1),
        };
        decoded.push(byte);
        index += step;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_parameter_is_stripped_in_every_spelling() {
        let strip = |query| {
            let stripped = StrippedQuery::of(query, "api_key")?;
            Some((String::from_utf8(stripped.value).unwrap(), stripped.rest, stripped.is_repeated))
        };
        assert_eq!(strip("a=1&b=2"), None);
        assert_eq!(strip("a=1&api_key=x&b=2"), Some(("x".into(), "a=1&b=2".into(), false)));
        assert_eq!(strip("api%5Fkey=%41%2b"), Some(("A+".into(), String::new(), false)));
        assert_eq!(strip("api_key"), Some((String::new(), String::new(), false)));
        assert_eq!(strip("api_key=x&b&%61pi_key=y"), Some(("x".into(), "b".into(), true)));
    }
}
