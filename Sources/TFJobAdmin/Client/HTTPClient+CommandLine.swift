import AsyncHTTPClient
import NIOCore
import Synchronization

extension HTTPClient {
    /// What is asked for.
    enum Purpose: Hashable {
        /// Questions that have an answer at once: what is silent for half a minute won't give one.
        case asking
        /// Answers that come as things happen.
        case following

        fileprivate var silence: TimeAmount {
            switch self {
            case .asking: .seconds(30)
            case .following: .minutes(15)
            }
        }
    }

    private struct Way: Hashable {
        let purpose: Purpose
        let proxy: Configuration.Proxy?
    }

    private static let clients = Mutex<[Way: HTTPClient]>([:])

    /// The client of this process for a purpose and a proxy.
    static func commandLine(_ purpose: Purpose, through proxy: Configuration.Proxy?) -> HTTPClient {
        clients.withLock { clients in
            let way = Way(purpose: purpose, proxy: proxy)
            let client = clients[way] ?? make(way)
            clients[way] = client
            return client
        }
    }

    /// A token is sent to the service that was named, and not to where that points; and who is not there is not waited for.
    private static func make(_ way: Way) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10), read: way.purpose.silence)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = way.proxy
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
