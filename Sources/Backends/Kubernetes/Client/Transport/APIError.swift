/// Why the API server did not do what it was asked.
enum APIError: Error, Sendable, Equatable {
    /// It said no.
    case status(APIStatus)
    /// It could not be asked: it is away, its certificate is not trusted, the connection was cut. May heal by itself.
    case unreachable(String)
    /// There is nothing to ask with: the kubeconfig, a token or a plugin can't be used.
    case noAccess(String)
    /// What it answered can't be read.
    case unreadable(String)
    /// Whoever asked has gone.
    case cancelled

    var isNotFound: Bool {
        if case .status(let status) = self { status.code == 404 } else { false }
    }

    var isExpired: Bool {
        if case .status(let status) = self { status.isExpired } else { false }
    }
}

extension APIError: CustomStringConvertible {
    /// A sentence for people.
    var description: String {
        switch self {
        case .status(let status) where status.code == 401:
            "the API server does not know who we are (401); renew the credentials in the kubeconfig"
        case .status(let status) where status.code == 403:
            "the API server does not let us: \(status); give the service's account the rights of examples/kubernetes"
        case .status(let status): "\(status)"
        case .unreachable(let text), .noAccess(let text), .unreadable(let text): text
        case .cancelled: "the request was given up"
        }
    }
}
