import Foundation
import Logging

/// Where the access to a cluster is configured. The files may change at any time.
public enum AccessSource: Sendable, Hashable {
    /// A context of a kubeconfig; a nil context means its `current-context`.
    case kubeconfig(path: String, context: String?)
    /// The service account of the pod that this service runs in, mounted at a folder.
    case serviceAccount(folder: String)

    /// The service account at the folder where Kubernetes mounts it:
    /// <https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api>.
    public static let inCluster = AccessSource.serviceAccount(folder: "/var/run/secrets/kubernetes.io/serviceaccount")
}

/// Keeps the current access to a cluster, and reads its source again when it may have changed: tokens rotate, certificates are
/// renewed, a kubeconfig is repaired.
///
/// One read runs at a time; all callers that arrive meanwhile share its result.
actor AccessStore {
    /// How long a read stays valid. Kubernetes renews a pod's token at 80 % of its hour:
    /// <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens>.
    private static let freshness = Duration.seconds(30)

    /// A connection pool and the token to send with its requests.
    struct Session: Sendable {
        let pool: ConnectionPool
        let token: String?
        /// When the token expires; nil if only the server knows.
        var expiration: Date?

        /// Whether the token expires too soon to be used.
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

    /// Returns a session with the server.
    ///
    /// - Parameter refused: the session that the server rejected. If it is still the current one, the source is read again and
    ///   plugins run again.
    func currentSession(afterRefusalOf refused: Session? = nil) async throws(APIError) -> Session {
        if let refused, session?.pool === refused.pool, session?.token == refused.token {
            await plugins.dropCredentials()
            readAt = nil
        }
        if let session, let readAt, readAt + Self.freshness > .now, !session.isExpired {
            return session
        }
        let task = reading ?? Task { await self.readSession() }
        reading = task
        let result = await task.value
        reading = nil
        return try result.get()
    }

    private func readSession() async -> Result<Session, APIError> {
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
            let known = session?.pool
            let pool =
                if let known, known.access == credentials.access { known } else {
                    try ConnectionPool(credentials.access)
                }
            let session = Session(pool: pool, token: credentials.token, expiration: credentials.expiration)
            self.session = session
            readAt = .now
            return .success(session)
        } catch {
            return .failure(error)
        }
    }

    /// Makes the next request read the source again, because what was read may be wrong.
    func invalidateSession() {
        readAt = nil
    }
}
