use jiff::Timestamp;
use uuid::Uuid;

/// The largest number that fits beside the variant bits.
const MAX_SEQUENCE: u32 = 0x003f_ffff;

/// A UUIDv7 that sorts by time, to a quarter of a microsecond (RFC 9562, 6.2, method 3), and by `sequence` among ids of
/// one timestamp. Without a sequence, the rest is random.
pub fn time_ordered_id(now: Timestamp, sequence: Option<u32>) -> Uuid {
    let mut random = [0; 10];
    fastrand::fill(&mut random);
    let within_milli = now.as_nanosecond().rem_euclid(1_000_000);
    let fraction = u16::try_from(within_milli * 4096 / 1_000_000).unwrap_or_default();
    random[..2].copy_from_slice(&fraction.to_be_bytes());
    if let Some(sequence) = sequence {
        // The variant takes the first two bits of these three bytes.
        random[2..5].copy_from_slice(&sequence.min(MAX_SEQUENCE).to_be_bytes()[1..]);
    }
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_valid_for_every_clock_reading() {
        for moment in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert_eq!(time_ordered_id(moment, None).get_version_num(), 7, "{moment}");
        }
        let before_1970: Timestamp = "1969-12-31T23:59:59.9995Z".parse().unwrap();
        assert_ne!(time_ordered_id(before_1970, None), time_ordered_id(before_1970, None));
    }
}
