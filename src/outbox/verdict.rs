//! What the answer of a platform means for a ledger row.

use std::time::Duration;

use super::dispatch::Report;
use crate::channels::capabilities;
use crate::domain::{DeliveryState, Lane, Millis, SendError};
use crate::store::outbox::Settlement;

/// First pause before another attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Longest pause before another attempt.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Which unclear sends are repeated.
#[derive(Clone, Debug)]
pub struct Retries {
    /// Lanes in which an unclear send is sent again, so that nothing is lost; in the others it
    /// stays unclear, so that nothing arrives twice.
    pub resend_ambiguous: Vec<Lane>,
}

/// What else an answer leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing.
    None,
    /// The address is given up.
    GiveUp,
    /// The address is replaced.
    MoveTo(String),
}

/// How long to wait after so many failed attempts.
pub(super) fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}

fn millis(span: Duration) -> Millis {
    Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX / 4)
}

/// Turns what a sender reports of an attempt into the row's next state.
#[must_use]
pub fn judge(report: &Report, retries: &Retries, now: Millis) -> (Settlement, Consequence) {
    let idempotent = capabilities(report.channel).idempotent;
    let attempts = report.attempts;
    let mut settlement = Settlement {
        id: report.id,
        state: DeliveryState::Sent,
        due_at: now,
        external_id: None,
        reason: None,
        settled_at: Some(now),
        unspent: false,
        certain: false,
    };
    let again = |settlement: &mut Settlement, state, after: Duration| {
        settlement.state = state;
        settlement.due_at = now + millis(after);
        settlement.settled_at = None;
    };
    let consequence = match report.answer.clone() {
        Ok(sent) => {
            settlement.external_id = Some(sent.external_id);
            settlement.certain = idempotent;
            Consequence::None
        }
        Err(SendError::Retry { after, reason }) => {
            again(
                &mut settlement,
                DeliveryState::Queued,
                after.max(pause(attempts)),
            );
            settlement.reason = Some(reason);
            Consequence::None
        }
        Err(SendError::Limited { after }) => {
            again(&mut settlement, DeliveryState::Queued, after);
            settlement.unspent = true;
            Consequence::None
        }
        Err(SendError::Ambiguous { reason }) => {
            settlement.state = DeliveryState::Ambiguous;
            if idempotent || retries.resend_ambiguous.contains(&report.lane) {
                again(&mut settlement, DeliveryState::Ambiguous, pause(attempts));
            }
            settlement.reason = Some(reason);
            Consequence::None
        }
        Err(SendError::Gone { reason }) => {
            settlement.state = DeliveryState::Gone;
            settlement.reason = Some(reason);
            Consequence::GiveUp
        }
        Err(SendError::Moved { to }) => {
            again(&mut settlement, DeliveryState::Queued, Duration::ZERO);
            settlement.unspent = true;
            Consequence::MoveTo(to)
        }
        Err(SendError::Rejected { reason }) => {
            settlement.state = DeliveryState::Failed;
            settlement.reason = Some(reason);
            Consequence::None
        }
    };
    (settlement, consequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::domain::{ChannelKind, Sent};

    fn judged(lane: Lane, answer: Result<Sent, SendError>) -> (Settlement, Consequence) {
        judged_on(ChannelKind::Telegram, lane, answer)
    }

    fn judged_on(
        channel: ChannelKind,
        lane: Lane,
        answer: Result<Sent, SendError>,
    ) -> (Settlement, Consequence) {
        let retries = Retries {
            resend_ambiguous: vec![Lane::Alert, Lane::Reply],
        };
        let report = Report {
            id: 7,
            channel,
            lane,
            attempts: 3,
            answer,
        };
        judge(&report, &retries, 1_000)
    }

    #[test]
    fn where_twice_arrives_once_an_unclear_send_is_always_repeated() {
        let unclear = Err(SendError::Ambiguous {
            reason: "reset".into(),
        });
        let (again, _) = judged_on(ChannelKind::Matrix, Lane::Poll, unclear);
        assert_eq!(again.settled_at, None);
        let taken = Ok(Sent {
            external_id: "$1".into(),
        });
        assert!(
            judged_on(ChannelKind::Matrix, Lane::Poll, taken.clone())
                .0
                .certain
        );
        assert!(!judged(Lane::Poll, taken).0.certain);
    }

    #[test]
    fn an_unclear_send_is_repeated_in_the_lanes_that_say_so_and_settled_in_the_others() {
        let unclear = || {
            Err(SendError::Ambiguous {
                reason: "reset".into(),
            })
        };
        let (resent, _) = judged(Lane::Alert, unclear());
        assert_eq!(resent.settled_at, None);
        assert_eq!(resent.due_at, 1_000 + 2_000);
        let (kept, _) = judged(Lane::Poll, unclear());
        assert_eq!(
            (kept.state, kept.settled_at),
            (DeliveryState::Ambiguous, Some(1_000))
        );
    }

    #[test]
    fn a_limit_spends_no_attempt_and_waits_exactly_as_told() {
        let after = Duration::from_millis(7_250);
        let (settlement, _) = judged(Lane::Notice, Err(SendError::Limited { after }));
        assert_eq!((settlement.due_at, settlement.unspent), (8_250, true));
    }

    #[test]
    fn a_blocked_resident_is_not_retried() {
        let (settlement, consequence) = judged(
            Lane::Notice,
            Err(SendError::Gone {
                reason: "blocked".into(),
            }),
        );
        assert_eq!(settlement.settled_at, Some(1_000));
        assert_eq!(consequence, Consequence::GiveUp);
    }
}
