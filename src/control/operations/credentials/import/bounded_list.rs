use super::MAX_LISTED;

/// The first [`MAX_LISTED`] items in the order of their ids, and the number of all.
pub(super) struct BoundedList<T> {
    items: Vec<T>,
    pub(super) count: usize,
}

impl<T> Default for BoundedList<T> {
    fn default() -> Self {
        Self { items: Vec::new(), count: 0 }
    }
}

impl<T> BoundedList<T> {
    pub(super) fn push<K: Ord>(&mut self, item: T, id: impl Fn(&T) -> K) {
        self.count += 1;
        self.items.push(item);
        if self.items.len() >= 2 * MAX_LISTED {
            self.cut(id);
        }
    }

    pub(super) fn into_sorted<K: Ord>(mut self, id: impl Fn(&T) -> K) -> Vec<T> {
        self.cut(id);
        self.items
    }

    fn cut<K: Ord>(&mut self, id: impl Fn(&T) -> K) {
        self.items.sort_by_key(id);
        self.items.truncate(MAX_LISTED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ids_of_many_are_kept() {
        let mut listed = BoundedList::default();
        let count = 5 * MAX_LISTED;
        (0..count).for_each(|number| listed.push(number * 7919 % count, |id| *id));
        assert_eq!(listed.count, count);
        assert_eq!(listed.into_sorted(|id| *id), (0..MAX_LISTED).collect::<Vec<_>>());
    }
}
