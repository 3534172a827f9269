//! A stream from a future that hands items over, for want of generators in the language.

use futures_core::Stream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// What the future hands items to.
pub(super) struct Giver<T>(Arc<Mutex<Option<T>>>);

impl<T> Giver<T> {
    /// Hands an item over; goes on when the consumer asks for the next one.
    pub(super) async fn give(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        let mut asked = false;
        // No waker is kept: the consumer polls again after it has taken the item.
        std::future::poll_fn(|_| if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }
}

struct Generated<'a, T> {
    future: Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
    slot: Arc<Mutex<Option<T>>>,
}

/// The stream of what the future hands over.
pub(super) fn generate<'a, T, F>(start: impl FnOnce(Giver<T>) -> F) -> Pin<Box<dyn Stream<Item = T> + Send + 'a>>
where
    T: Send + 'a,
    F: Future<Output = ()> + Send + 'a,
{
    let slot = Arc::new(Mutex::new(None));
    let future = start(Giver(Arc::clone(&slot)));
    Box::pin(Generated { future: Some(Box::pin(future)), slot })
}

impl<T> Stream for Generated<'_, T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        let Some(future) = &mut this.future else { return Poll::Ready(None) };
        let ended = future.as_mut().poll(context).is_ready();
        if ended {
            this.future = None;
        }
        match this.slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(item) => Poll::Ready(Some(item)),
            None if ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    #[tokio::test]
    async fn items_come_in_order_and_end() {
        let mut stream = generate(|giver| async move {
            for n in 0..3 {
                tokio::task::yield_now().await;
                giver.give(n).await;
            }
        });
        let mut got = Vec::new();
        while let Some(n) = stream.next().await {
            got.push(n);
        }
        assert_eq!(got, [0, 1, 2]);
        assert_eq!(stream.next().await, None);
    }
}
