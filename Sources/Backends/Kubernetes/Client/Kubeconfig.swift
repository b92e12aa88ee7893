/// The file that tells Kubernetes clients how to reach their clusters.
///
/// Source: <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>.
struct Kubeconfig: Decodable, Sendable {
    struct Named<Value: Decodable & Sendable>: Sendable {
        let name: String
        let value: Value
    }

    struct Context: Decodable, Sendable {
        var cluster: String?
        var user: String?
    }

    struct Cluster: Decodable, Sendable {
        var server: String?
        var certificateAuthority: String?
        var certificateAuthorityData: String?
        var skipsVerification: Bool?
        var serverName: String?
        var proxy: String?

        private enum CodingKeys: String, CodingKey {
            case server
            case certificateAuthority = "certificate-authority"
            case certificateAuthorityData = "certificate-authority-data"
            case skipsVerification = "insecure-skip-tls-verify"
            case serverName = "tls-server-name"
            case proxy = "proxy-url"
        }
    }

    struct User: Decodable, Sendable {
        var token: String?
        var tokenFile: String?
        var clientCertificate: String?
        var clientCertificateData: String?
        var clientKey: String?
        var clientKeyData: String?
        var exec: ExecPlugin?
        var username: String?
        var provider: AuthProvider?

        private enum CodingKeys: String, CodingKey {
            case token, tokenFile, exec, username
            case clientCertificate = "client-certificate"
            case clientCertificateData = "client-certificate-data"
            case clientKey = "client-key"
            case clientKeyData = "client-key-data"
            case provider = "auth-provider"
        }
    }

    /// Decoded only to name it in the error message.
    struct AuthProvider: Decodable, Sendable {
        var name: String?
    }

    var currentContext: String?
    var contexts: [Named<Context>]
    var clusters: [Named<Cluster>]
    var users: [Named<User>]

    private enum CodingKeys: String, CodingKey {
        case currentContext = "current-context"
        case contexts, clusters, users
    }

    /// Decodes the needed parts; lists may be absent or empty.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        currentContext = try container.decodeIfPresent(String.self, forKey: .currentContext)
        contexts = try container.decodeIfPresent([Entry].self, forKey: .contexts)?.compactMap(\.context) ?? []
        clusters = try container.decodeIfPresent([Entry].self, forKey: .clusters)?.compactMap(\.cluster) ?? []
        users = try container.decodeIfPresent([Entry].self, forKey: .users)?.compactMap(\.user) ?? []
    }

    private struct Entry: Decodable {
        let context: Named<Context>?
        let cluster: Named<Cluster>?
        let user: Named<User>?

        private enum CodingKeys: String, CodingKey {
            case name, context, cluster, user
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let name = try container.decode(String.self, forKey: .name)
            context = try container.decodeIfPresent(Context.self, forKey: .context).map { Named(name: name, value: $0) }
            cluster = try container.decodeIfPresent(Cluster.self, forKey: .cluster).map { Named(name: name, value: $0) }
            user = try container.decodeIfPresent(User.self, forKey: .user).map { Named(name: name, value: $0) }
        }
    }
}
