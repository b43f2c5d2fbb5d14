//! The HTTP server: routing, faults on the way in and out.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;

use super::params::Params;
use super::schema::{Method, schema};
use super::{ApiError, Config, Fault, SimBot, calls, control, webhook};

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n";

/// What all connections share.
pub(super) struct Shared {
    pub bots: Vec<Arc<SimBot>>,
    pub stop: Notify,
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

/// Opens the port.
pub(super) fn bind(config: &Config) -> std::io::Result<(TcpListener, Arc<Shared>)> {
    if config.tokens.is_empty() {
        return Err(std::io::Error::other("at least one token is needed"));
    }
    let listener = TcpListener::bind(config.listen)?;
    listener.set_nonblocking(true)?;
    let bots = (0..config.tokens.len())
        .map(|i| Arc::new(SimBot::new(config, i)))
        .collect();
    Ok((
        listener,
        Arc::new(Shared {
            bots,
            stop: Notify::new(),
        }),
    ))
}

/// Serves until told to stop.
pub(super) fn run(listener: TcpListener, shared: &Arc<Shared>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    // Invariant: nothing but a lack of file descriptors keeps a runtime from being built.
    let runtime = runtime.expect("a runtime can be built");
    runtime.block_on(async {
        let listener =
            tokio::net::TcpListener::from_std(listener).expect("a listening, non-blocking socket");
        for bot in &shared.bots {
            tokio::spawn(webhook::deliver(Arc::clone(bot)));
        }
        tokio::select! {
            () = accept(&listener, shared) => {}
            () = shared.stop.notified() => {}
        }
    });
    runtime.shutdown_background();
}

async fn accept(listener: &tokio::net::TcpListener, shared: &Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, say: let others finish first.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Without it answers are only slower.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let service = service_fn(|request| handle(&shared, request));
            // A connection ends with an error when the client goes away or a fault closes it.
            let _ = hyper::server::conn::http1::Builder::new()
                .header_read_timeout(None)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn handle(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let content_type = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(Closed),
    };
    if let Some(path) = path.strip_prefix("/sim/") {
        let (status, text) = control::handle(shared, path, head.uri.query(), &body).await;
        return Ok(answer(status, text));
    }
    let Some((token, name)) = path
        .strip_prefix("/bot")
        .and_then(|rest| rest.split_once('/'))
    else {
        return Ok(refuse(&ApiError::new(404, "Not Found")));
    };
    // Both ':' and "%3A" are in use.
    let is_token =
        |bot: &&Arc<SimBot>| bot.token() == token || bot.token() == token.replace("%3A", ":");
    let Some(bot) = shared.bots.iter().find(is_token) else {
        return Ok(refuse(&ApiError::new(401, "Unauthorized")));
    };
    let Some(method) = schema().method(name) else {
        return Ok(refuse(&ApiError::new(404, "Not Found")));
    };
    let params = Params::decode(head.uri.query(), content_type, &body);
    drop(body);
    match params {
        Ok(mut params) => respond(bot, method, &mut params).await,
        Err(problem) => Ok(refuse(&ApiError::bad(problem))),
    }
}

async fn respond(
    bot: &SimBot,
    method: &'static Method,
    params: &mut Params,
) -> Result<Response<Full<Bytes>>, Closed> {
    let chat_id = params.values.get("chat_id");
    let chat_id = chat_id.and_then(|c| c.as_i64().or_else(|| c.as_str()?.parse().ok()));
    let fault = bot.decide(&method.name, method.index, chat_id);
    if let Some(fault) = &fault {
        let carried_out = matches!(fault, Fault::LostReply | Fault::Slow(_));
        bot.with(|state| state.count_fault(method, params, carried_out));
    }
    match fault {
        None => {
            let result = calls::call(bot, method, params).await;
            if bot.is_down() {
                Err(Closed)
            } else {
                Ok(reply(&result))
            }
        }
        Some(Fault::Dropped) => Err(Closed),
        Some(Fault::LostReply) => {
            // The bot must not learn the result.
            let _ = calls::call(bot, method, params).await;
            Err(Closed)
        }
        Some(Fault::BadGateway) => {
            let mut response = answer(StatusCode::BAD_GATEWAY, BAD_GATEWAY.to_owned());
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            Ok(response)
        }
        Some(Fault::ServerError) => Ok(refuse(&ApiError::new(500, "Internal Server Error"))),
        Some(Fault::Slow(millis)) => {
            let result = calls::call(bot, method, params).await;
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(reply(&result))
        }
        Some(Fault::TooMany(seconds)) => Ok(refuse(&ApiError::too_many(seconds))),
    }
}

fn reply(result: &super::Reply) -> Response<Full<Bytes>> {
    match result {
        Ok(result) => {
            let mut body = String::with_capacity(result.len() + 24);
            body.push_str("{\"ok\":true,\"result\":");
            body.push_str(result);
            body.push('}');
            answer(StatusCode::OK, body)
        }
        Err(error) => refuse(error),
    }
}

fn refuse(error: &ApiError) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(error.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer(status, error.body())
}

fn answer(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
