//! A list in pages of a fixed size: growing moves nothing and leaves at most one page unused.

use std::ops::{Index, IndexMut};

/// How many elements a page holds.
const PAGE: usize = 1024;

/// A list that grows by pages. The first one grows like a `Vec`, so that a short list is small.
#[derive(Debug)]
pub(crate) struct Pages<T>(Vec<Vec<T>>);

impl<T> Pages<T> {
    pub(crate) const fn new() -> Self {
        Pages(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * PAGE + last.len())
    }

    pub(crate) fn push(&mut self, element: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < PAGE => last.push(element),
            last => {
                let mut page = Vec::with_capacity(if last.is_some() { PAGE } else { 0 });
                page.push(element);
                self.0.push(page);
            }
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.0.last_mut()?;
        let element = last.pop();
        if last.is_empty() {
            self.0.pop();
        }
        element
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.0.get(at / PAGE)?.get(at % PAGE)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.0.get_mut(at / PAGE)?.get_mut(at % PAGE)
    }

    /// Two different elements; `None` when they are one, or one of them is not there.
    pub(crate) fn get_pair_mut(&mut self, a: usize, b: usize) -> Option<[&mut T; 2]> {
        if a / PAGE == b / PAGE {
            return self.0.get_mut(a / PAGE)?.get_disjoint_mut([a % PAGE, b % PAGE]).ok();
        }
        let [one, other] = self.0.get_disjoint_mut([a / PAGE, b / PAGE]).ok()?;
        Some([one.get_mut(a % PAGE)?, other.get_mut(b % PAGE)?])
    }
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Pages::new()
    }
}

impl<T> Index<usize> for Pages<T> {
    type Output = T;
    fn index(&self, at: usize) -> &T {
        &self.0[at / PAGE][at % PAGE]
    }
}

impl<T> IndexMut<usize> for Pages<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut self.0[at / PAGE][at % PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keep_their_places_over_pages() {
        let mut pages = Pages::new();
        for n in 0..3 * PAGE + 5 {
            assert_eq!(pages.len(), n);
            pages.push(n);
        }
        assert!((0..pages.len()).all(|n| pages[n] == n && pages.get(n) == Some(&n)));
        assert_eq!(pages.get(pages.len()), None);
        for n in (PAGE - 1..pages.len()).rev() {
            assert_eq!(pages.pop(), Some(n));
            assert_eq!(pages.len(), n);
        }
        pages.push(7);
        assert_eq!((pages.len(), pages[PAGE - 1]), (PAGE, 7));
    }

    #[test]
    fn a_pair_is_two_elements_on_one_page_or_two() {
        let mut pages = Pages::new();
        (0..2 * PAGE).for_each(|n| pages.push(n));
        for (a, b) in [(1, 2), (2, 1), (3, PAGE + 3), (PAGE + 3, 3)] {
            assert_eq!(pages.get_pair_mut(a, b).map(|pair| pair.map(|n| *n)), Some([a, b]));
        }
        for (a, b) in [(1, 1), (PAGE, PAGE), (0, 2 * PAGE), (2 * PAGE, 0)] {
            assert_eq!(pages.get_pair_mut(a, b), None);
        }
    }
}
