//! Who is connected, and who has to leave when the house is full: first the one who has said nothing for the longest
//! time, then the one who has been idle longest. Nobody whose request is in work is sent away.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The connections of a listener.
#[derive(Debug, Default)]
pub(super) struct Guests(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// Counts arrivals and ends of requests: who waits longer has the smaller number.
    count: u64,
    /// Those who have not yet sent one whole head.
    silent: BTreeMap<u64, Arc<Notify>>,
    /// Those whose last request is answered.
    idle: BTreeMap<u64, Arc<Notify>>,
}

/// One connection. It leaves the book when it is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    guests: Arc<Guests>,
    place: Mutex<Place>,
    asked_to_leave: Arc<Notify>,
}

/// Where in the book a guest stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Silent(u64),
    Idle(u64),
    Busy,
}

impl Guests {
    /// Someone new, who has said nothing so far.
    pub(super) fn arrive(self: &Arc<Self>) -> Guest {
        let asked_to_leave = Arc::new(Notify::new());
        let mut book = self.0.lock();
        let number = book.next();
        book.silent.insert(number, asked_to_leave.clone());
        Guest {
            guests: self.clone(),
            place: Mutex::new(Place::Silent(number)),
            asked_to_leave,
        }
    }

    /// Asks the one who can best be spared to leave.
    pub(super) fn send_one_away(&self) {
        let mut book = self.0.lock();
        let spared = book.silent.pop_first().or_else(|| book.idle.pop_first());
        if let Some((_, asked_to_leave)) = spared {
            asked_to_leave.notify_one();
        }
    }
}

impl Book {
    const fn next(&mut self) -> u64 {
        self.count = self.count.wrapping_add(1);
        self.count
    }

    fn strike(&mut self, place: Place) {
        match place {
            Place::Silent(number) => self.silent.remove(&number),
            Place::Idle(number) => self.idle.remove(&number),
            Place::Busy => None,
        };
    }
}

impl Guest {
    /// A request has come in.
    pub(super) fn begin(&self) {
        let mut place = self.place.lock();
        self.guests.0.lock().strike(*place);
        *place = Place::Busy;
    }

    /// The request is answered.
    pub(super) fn finish(&self) {
        let mut place = self.place.lock();
        let mut book = self.guests.0.lock();
        book.strike(*place);
        let number = book.next();
        book.idle.insert(number, self.asked_to_leave.clone());
        *place = Place::Idle(number);
    }

    /// Whether a request is in work.
    pub(super) fn is_busy(&self) -> bool {
        *self.place.lock() == Place::Busy
    }

    /// Waits until the guest is asked to leave.
    pub(super) async fn sent_away(&self) {
        self.asked_to_leave.notified().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.guests.0.lock().strike(*self.place.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the guest was asked to leave.
    fn is_asked(guest: &Guest) -> bool {
        let mut asked = std::pin::pin!(guest.sent_away());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        asked.as_mut().poll(&mut context).is_ready()
    }

    #[test]
    fn who_has_said_nothing_longest_leaves_first_and_who_begin_stays() {
        let guests = Arc::new(Guests::default());
        let [
            busy,
            idle_since_short,
            idle_since_long,
            silent_long,
            silent_short,
        ] = std::array::from_fn(|_| guests.arrive());
        for guest in [&busy, &idle_since_short, &idle_since_long] {
            guest.begin();
        }
        idle_since_long.finish();
        idle_since_short.finish();

        let order = [
            &silent_long,
            &silent_short,
            &idle_since_long,
            &idle_since_short,
        ];
        for (place, next) in order.into_iter().enumerate() {
            guests.send_one_away();
            assert!(is_asked(next), "{place}");
        }
        guests.send_one_away();
        assert!(!is_asked(&busy) && busy.is_busy());
    }

    #[test]
    fn a_guest_who_left_is_not_asked_for() {
        let guests = Arc::new(Guests::default());
        let (first, second) = (guests.arrive(), guests.arrive());
        drop(first);
        guests.send_one_away();
        assert!(is_asked(&second));
        let book = guests.0.lock();
        assert!(book.silent.is_empty() && book.idle.is_empty());
    }
}
