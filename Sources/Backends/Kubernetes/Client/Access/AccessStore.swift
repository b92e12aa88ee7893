import Foundation
import Logging

/// Has the access to a cluster at hand, and reads it anew where it may have changed: a token that rotates, a certificate that
/// was renewed, a kubeconfig that was mended.
actor AccessStore {
    /// How long is believed what files say. Kubernetes renews a pod's token at 80 % of its hour:
    /// <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens>.
    private static let freshness = Duration.seconds(30)

    private let source: AccessSource
    private let logger: Logger
    private let plugins = ExecPlugins()
    private var session: APISession?
    private var token: String?
    private var readAt: ContinuousClock.Instant?
    private var warned: Set<String> = []

    init(_ source: AccessSource, logger: Logger) {
        self.source = source
        self.logger = logger
    }

    /// A session with the server and the token to use with it.
    ///
    /// - Parameter refused: whether the server did not take the last one: everything is then read anew, plugins run again.
    func current(afterRefusal refused: Bool = false) async throws(APIError) -> (session: APISession, token: String?) {
        if refused {
            await plugins.forget()
            readAt = nil
        }
        if let session, let readAt, readAt + Self.freshness > .now {
            return (session, token)
        }
        let credentials =
            switch source {
            case .kubeconfig(let path, let context):
                try await Kubeconfig.credentials(path: path, context: context, plugins)
            case .serviceAccount(let folder): try ServiceAccount.credentials(folder: folder)
            }
        for warning in credentials.warnings where warned.insert(warning).inserted {
            logger.warning("\(warning)")
        }
        let session =
            if let session, session.access == credentials.access { session } else {
                try APISession(credentials.access)
            }
        self.session = session
        token = credentials.token
        readAt = .now
        return (session, credentials.token)
    }

    /// Reads everything anew before the next request: what was read may be wrong.
    func doubt() {
        readAt = nil
    }
}
