//! What residents do on Matrix, end to end: real Synapse, residents with matrix-nio, real server,
//! in chats with and without encryption.

mod talking;

use crate::support::database::Database;
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::{Resident, Residents};
use crate::support::matrix::synapse::Synapse;

/// A bot and a resident who has opened a chat with it.
struct Chat {
    bot: MatrixBot,
    resident: Resident,
    room: String,
}

impl Chat {
    async fn open(database: Database, encrypted: bool) -> Self {
        let bot = MatrixBot::start(Synapse::shared().await, database).await;
        let resident = Residents::shared().await.join("maria").await;
        let (room, _) = bot.meet(&resident, encrypted).await;
        Self {
            bot,
            resident,
            room,
        }
    }

    /// Says something and returns the body of the next message.
    async fn say(&self, text: &str) -> String {
        self.resident.send(&self.room, text).await;
        self.resident.next_message(&self.room).await.body
    }
}
