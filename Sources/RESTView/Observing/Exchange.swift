import HTTPTypes
import Hummingbird
import Logging
import SignIn

/// A request and what became of it, for the log and the counts.
struct Exchange {
    let id: RequestID
    let method: HTTPRequest.Method
    let path: String
    let peer: Peer?
    let start: ContinuousClock.Instant
    /// Nil until it is found, and where there is none.
    var template: RouteTemplate?
    /// Who is signed in.
    var user: String?
    /// When what they are signed in with ends.
    var end: ContinuousClock.Instant?

    init(_ request: Request, from peer: Peer?) {
        id = RequestID(request.headers)
        method = request.method
        path = request.uri.path
        self.peer = peer
        start = .now
    }

    /// How long it took until there was an answer; what lasts goes on after it.
    var duration: Duration { .now - start }

    /// Who asks, as far as limits are about one client.
    var client: StreamClient {
        StreamClient(name: user ?? peer?.description ?? "local", isSignedIn: user != nil, end: end)
    }

    /// Writes the line of the access log. It has neither the query nor any header, which may hold secrets.
    ///
    /// What an orchestrator asks for every few seconds is for `debug`.
    func log(_ status: HTTPResponse.Status, _ duration: Duration, to logger: Logger) {
        let isProbe = [.live, .ready, .metrics, .ping].contains(template) && status.code < 500
        guard logger.logLevel <= (isProbe ? .debug : .info) else { return }
        var metadata: Logger.Metadata = [
            "request": "\(id)", "method": "\(method.rawValue.prefix(20))", "path": "\(path.quoted)",
            "status": "\(status.code)", "milliseconds": "\(Int(duration / .milliseconds(1)))",
        ]
        metadata["peer"] = peer.map { "\($0)" }
        metadata["user"] = user.map { "\($0.quoted)" }
        logger.log(level: isProbe ? .debug : .info, "request", metadata: metadata)
    }
}
