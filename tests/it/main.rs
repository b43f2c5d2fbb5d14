//! Tests through the public edges: chat message in, chat message out; HTTP; the command line.
