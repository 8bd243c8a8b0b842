//! The table: every path with what it needs. What is not here is refused.

use axum::http::Method;

use super::Role;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: open, or protected by other means (a signature, a device's credentials).
    Nothing,
    /// A token of one of these roles. `admin` is always one.
    Role(&'static [Role]),
}

const ANYONE: &[Role] = &[
    Role::Dispatcher,
    Role::Driver,
    Role::Source,
    Role::Finance,
    Role::Viewer,
];
const ADMIN: &[Role] = &[];
const DESK: &[Role] = &[Role::Dispatcher];
const READ: &[Role] = &[Role::Dispatcher, Role::Finance, Role::Viewer];
const WATCH: &[Role] = &[Role::Dispatcher, Role::Viewer];
const DRIVE: &[Role] = &[Role::Dispatcher, Role::Driver];
const ROUTES: &[Role] = &[Role::Dispatcher, Role::Driver, Role::Viewer];
const SENDERS: &[Role] = &[Role::Driver, Role::Source];
const SOCKETS: &[Role] = &[Role::Dispatcher, Role::Viewer, Role::Driver, Role::Source];
const EVENTS: &[Role] = &[Role::Dispatcher, Role::Source, Role::Finance];
const FINANCE: &[Role] = &[Role::Finance];
const MONEY: &[Role] = &[Role::Dispatcher, Role::Finance, Role::Viewer];

/// Path, reading, writing. Writing is every method but GET and HEAD.
const TABLE: &[(&str, Need, Need)] = &[
    ("/healthz", Need::Nothing, Need::Nothing),
    ("/readyz", Need::Nothing, Need::Nothing),
    ("/login", Need::Nothing, Need::Nothing),
    ("/logout", Need::Nothing, Need::Nothing),
    ("/openapi.json", Need::Nothing, Need::Nothing),
    ("/asyncapi.json", Need::Nothing, Need::Nothing),
    ("/schemas/", Need::Nothing, Need::Nothing),
    ("/schemas/{file}", Need::Nothing, Need::Nothing),
    ("/webhooks/check/{system}", Need::Nothing, Need::Nothing),
    ("/docs", Need::Nothing, Need::Nothing),
    ("/docs/", Need::Nothing, Need::Nothing),
    ("/docs/{*rest}", Need::Nothing, Need::Nothing),
    ("/webhooks/ehr/health", Need::Nothing, Need::Nothing),
    ("/webhooks/ehr/{system}", Need::Nothing, Need::Nothing),
    (
        "/webhooks/ehr/{system}/{endpoint}",
        Need::Nothing,
        Need::Nothing,
    ),
    ("/t/{link}/state", Need::Nothing, Need::Nothing),
    ("/t/{link}/answers", Need::Nothing, Need::Nothing),
    ("/owntracks", Need::Nothing, Need::Nothing),
    ("/osmand", Need::Nothing, Need::Nothing),
    ("/", Need::Role(ANYONE), Need::Role(ADMIN)),
    ("/integrations", Need::Role(DESK), Need::Role(ADMIN)),
    ("/drive", Need::Nothing, Need::Nothing),
    ("/drive.webmanifest", Need::Nothing, Need::Nothing),
    ("/sw.js", Need::Nothing, Need::Nothing),
    ("/t/{link}", Need::Nothing, Need::Nothing),
    ("/assets/{*file}", Need::Nothing, Need::Nothing),
    ("/icons/{file}", Need::Nothing, Need::Nothing),
    ("/v1/map", Need::Role(ROUTES), Need::Role(ADMIN)),
    ("/v1/search", Need::Role(WATCH), Need::Role(ADMIN)),
    ("/metrics", Need::Role(WATCH), Need::Role(ADMIN)),
    ("/v1/me", Need::Role(ANYONE), Need::Role(ADMIN)),
    ("/v1/tickets", Need::Role(ADMIN), Need::Role(SOCKETS)),
    ("/v1/tokens", Need::Role(ADMIN), Need::Role(ADMIN)),
    ("/v1/tokens/{id}", Need::Role(ADMIN), Need::Role(ADMIN)),
    ("/v1/events", Need::Role(READ), Need::Role(EVENTS)),
    ("/v1/events/{seq}", Need::Role(READ), Need::Role(ADMIN)),
    ("/v1/labs", Need::Role(READ), Need::Role(ADMIN)),
    ("/v1/labs/{id}", Need::Role(READ), Need::Role(ADMIN)),
    ("/v1/clinics", Need::Role(READ), Need::Role(DESK)),
    ("/v1/clinics/{id}", Need::Role(READ), Need::Role(DESK)),
    ("/v1/drivers", Need::Role(READ), Need::Role(DESK)),
    ("/v1/drivers/{id}", Need::Role(READ), Need::Role(DESK)),
    (
        "/v1/drivers/{id}/devices",
        Need::Role(DESK),
        Need::Role(DESK),
    ),
    (
        "/v1/drivers/{id}/devices/{device}",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    (
        "/v1/drivers/{id}/invites",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    (
        "/v1/drivers/{id}/sessions",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    (
        "/v1/drivers/{id}/status",
        Need::Role(ADMIN),
        Need::Role(DRIVE),
    ),
    ("/v1/drive", Need::Role(DRIVE), Need::Role(ADMIN)),
    (
        "/v1/drivers/{id}/positions",
        Need::Role(ROUTES),
        Need::Role(SENDERS),
    ),
    (
        "/v1/drivers/{id}/statistics",
        Need::Role(ROUTES),
        Need::Role(ADMIN),
    ),
    ("/v1/positions", Need::Role(ADMIN), Need::Role(SENDERS)),
    ("/v1/endpoints", Need::Role(ADMIN), Need::Role(ADMIN)),
    ("/v1/endpoints/{id}", Need::Role(ADMIN), Need::Role(ADMIN)),
    (
        "/v1/endpoints/{id}/secrets",
        Need::Role(ADMIN),
        Need::Role(ADMIN),
    ),
    (
        "/v1/endpoints/{id}/secrets/{fingerprint}",
        Need::Role(ADMIN),
        Need::Role(ADMIN),
    ),
    ("/v1/import/{kind}", Need::Role(ADMIN), Need::Role(DESK)),
    ("/v1/deliveries", Need::Role(READ), Need::Role(DESK)),
    ("/v1/deliveries/{id}", Need::Role(READ), Need::Role(DESK)),
    ("/v1/pickups", Need::Role(READ), Need::Role(DESK)),
    ("/v1/pickups/{id}", Need::Role(READ), Need::Role(DESK)),
    ("/v1/invoices", Need::Role(MONEY), Need::Role(FINANCE)),
    ("/v1/invoices/{id}", Need::Role(MONEY), Need::Role(FINANCE)),
    ("/v1/heard", Need::Role(DESK), Need::Role(ADMIN)),
    (
        "/v1/explain/{id}",
        Need::Role(&[Role::Dispatcher, Role::Finance]),
        Need::Role(ADMIN),
    ),
    ("/v1/reports/unbilled", Need::Role(MONEY), Need::Role(ADMIN)),
    ("/v1/routes", Need::Role(ROUTES), Need::Role(DESK)),
    ("/v1/routes/{id}", Need::Role(ROUTES), Need::Role(DESK)),
    (
        "/v1/routes/{id}/start",
        Need::Role(ADMIN),
        Need::Role(DRIVE),
    ),
    (
        "/v1/routes/{id}/finish",
        Need::Role(ADMIN),
        Need::Role(DRIVE),
    ),
    ("/v1/stops/{id}", Need::Role(ROUTES), Need::Role(ADMIN)),
    (
        "/v1/stops/{id}/arrive",
        Need::Role(ADMIN),
        Need::Role(DRIVE),
    ),
    (
        "/v1/stops/{id}/complete",
        Need::Role(ADMIN),
        Need::Role(DRIVE),
    ),
    ("/v1/stops/{id}/fail", Need::Role(ADMIN), Need::Role(DRIVE)),
    ("/v1/stops/{id}/skip", Need::Role(ADMIN), Need::Role(DRIVE)),
    ("/v1/stops/{id}/move", Need::Role(ADMIN), Need::Role(DESK)),
    ("/v1/fit", Need::Role(ADMIN), Need::Role(DESK)),
    (
        "/v1/proofs",
        Need::Role(ADMIN),
        Need::Role(&[Role::Dispatcher, Role::Driver, Role::Source]),
    ),
    (
        "/v1/proofs/{id}",
        Need::Role(&[Role::Dispatcher, Role::Finance]),
        Need::Role(ADMIN),
    ),
    ("/v1/alerts", Need::Role(WATCH), Need::Role(DESK)),
    (
        "/v1/alerts/{number}/close",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    (
        "/v1/alerts/{number}/snooze",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    ("/v1/quarantine", Need::Role(DESK), Need::Role(ADMIN)),
    ("/v1/quarantine/groups", Need::Role(DESK), Need::Role(ADMIN)),
    ("/v1/quarantine/repair", Need::Role(ADMIN), Need::Role(DESK)),
    (
        "/v1/quarantine/redrive",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    ("/v1/quarantine/{id}", Need::Role(DESK), Need::Role(ADMIN)),
    (
        "/v1/quarantine/{id}/redrive",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    ("/v1/subscriptions", Need::Role(ADMIN), Need::Role(ADMIN)),
    (
        "/v1/subscriptions/{id}",
        Need::Role(ADMIN),
        Need::Role(ADMIN),
    ),
    (
        "/v1/subscriptions/{id}/test",
        Need::Role(ADMIN),
        Need::Role(ADMIN),
    ),
    (
        "/v1/subscriptions/{id}/secrets",
        Need::Role(ADMIN),
        Need::Role(ADMIN),
    ),
    (
        "/v1/subscriptions/{id}/secrets/{fingerprint}",
        Need::Role(ADMIN),
        Need::Role(ADMIN),
    ),
    ("/v1/notices", Need::Role(WATCH), Need::Role(ADMIN)),
    ("/v1/notices/test", Need::Role(ADMIN), Need::Role(ADMIN)),
    ("/v1/templates", Need::Role(DESK), Need::Role(ADMIN)),
    ("/v1/templates/{kind}", Need::Role(DESK), Need::Role(ADMIN)),
    ("/v1/messages", Need::Role(DESK), Need::Role(ADMIN)),
    ("/v1/dead-letters", Need::Role(DESK), Need::Role(ADMIN)),
    (
        "/v1/dead-letters/groups",
        Need::Role(DESK),
        Need::Role(ADMIN),
    ),
    (
        "/v1/dead-letters/redrive",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    (
        "/v1/dead-letters/{id}/redrive",
        Need::Role(ADMIN),
        Need::Role(DESK),
    ),
    (
        "/v1/integration/metrics",
        Need::Role(WATCH),
        Need::Role(ADMIN),
    ),
    (
        "/v1/integration/series",
        Need::Role(WATCH),
        Need::Role(ADMIN),
    ),
    ("/v1/rate-limits", Need::Role(ADMIN), Need::Role(ADMIN)),
    (
        "/v1/rate-limits/{*key}",
        Need::Role(ADMIN),
        Need::Role(ADMIN),
    ),
    ("/v1/stream", Need::Role(WATCH), Need::Role(ADMIN)),
    ("/ws/driver", Need::Role(SENDERS), Need::Role(ADMIN)),
    ("/ws/dispatch", Need::Role(WATCH), Need::Role(ADMIN)),
];

/// What a request to the route `path` needs; `None` for one that nobody thought of, which is refused.
pub fn need(path: &str, method: &Method) -> Option<Need> {
    let reads = method == Method::GET || method == Method::HEAD;
    TABLE
        .iter()
        .find(|(known, ..)| *known == path)
        .map(|(_, read, write)| if reads { *read } else { *write })
}

/// Paths that a token of one clinic may use, each of which looks at the clinic: reading, and for events writing.
const FOR_CLINICS: &[&str] = &[
    "/",
    "/v1/me",
    "/v1/deliveries",
    "/v1/deliveries/{id}",
    "/v1/pickups",
    "/v1/pickups/{id}",
    "/v1/invoices",
    "/v1/invoices/{id}",
    "/v1/clinics/{id}",
];

/// Whether a token of one clinic may do that at all.
pub fn is_for_clinics(path: &str, method: &Method) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if path == "/v1/events" {
        !reads
    } else {
        reads && FOR_CLINICS.contains(&path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_stands_once() {
        for (index, (path, ..)) in TABLE.iter().enumerate() {
            assert!(
                !TABLE[index + 1..].iter().any(|(other, ..)| other == path),
                "{path}"
            );
        }
        assert_eq!(need("/v1/nobody/thought/of", &Method::GET), None);
    }
}
