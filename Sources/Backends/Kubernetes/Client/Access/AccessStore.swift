import Foundation
import Logging

/// Has the access to a cluster at hand, and reads it anew where it may have changed: a token that rotates, a certificate that
/// was renewed, a kubeconfig that was mended.
actor AccessStore {
    /// How long is believed what files say. Kubernetes renews a pod's token at 80 % of its hour:
    /// <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens>.
    private static let freshness = Duration.seconds(30)

    /// Connections, and the token to use with them.
    struct Session: Sendable {
        let connection: APISession
        let token: String?
        /// Nil: when the server takes it no longer.
        var expiration: Date?

        /// Whether it is not to be used any more, whatever the server would say.
        var isExpired: Bool { expiration.map { $0 <= Date() + ExecPlugins.margin } ?? false }
    }

    private let source: AccessSource
    private let logger: Logger
    private let plugins = ExecPlugins()
    private var session: Session?
    private var reading: Task<Result<Session, APIError>, Never>?
    private var readAt: ContinuousClock.Instant?
    private var warned: Set<String> = []

    init(_ source: AccessSource, logger: Logger) {
        self.source = source
        self.logger = logger
    }

    /// A session with the server and the token to use with it.
    ///
    /// - Parameter refused: what the server did not take; where nothing newer is there, everything is read anew, and plugins run again.
    func current(afterRefusalOf refused: Session? = nil) async throws(APIError) -> Session {
        if let refused, session?.connection === refused.connection, session?.token == refused.token {
            await plugins.forget()
            readAt = nil
        }
        if let session, let readAt, readAt + Self.freshness > .now, !session.isExpired {
            return session
        }
        // Many may ask at once, and one reading is enough for all.
        let task = reading ?? Task { await self.read() }
        reading = task
        let result = await task.value
        reading = nil
        return try result.get()
    }

    private func read() async -> Result<Session, APIError> {
        do throws(APIError) {
            let credentials =
                switch source {
                case .kubeconfig(let path, let context):
                    try await Kubeconfig.credentials(path: path, context: context, plugins)
                case .serviceAccount(let folder): try ServiceAccount.credentials(folder: folder)
                }
            for warning in credentials.warnings where warned.insert(warning).inserted {
                logger.warning("\(warning)")
            }
            let known = session?.connection
            let connection =
                if let known, known.access == credentials.access { known } else {
                    try APISession(credentials.access)
                }
            let session = Session(connection: connection, token: credentials.token, expiration: credentials.expiration)
            self.session = session
            readAt = .now
            return .success(session)
        } catch {
            return .failure(error)
        }
    }

    /// Reads everything anew before the next request: what was read may be wrong.
    func doubt() {
        readAt = nil
    }
}
