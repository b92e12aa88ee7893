import AsyncHTTPClient
import NIOCore

extension HTTPClient {
    /// For questions that have an answer at once: what is silent for half a minute won't give one.
    static let asking = commandLine(silence: .seconds(30))

    /// For answers that come as things happen.
    static let following = commandLine(silence: .minutes(15))

    /// A token is sent to the service that was named, and not to where that points; and who is not there is not waited for.
    private static func commandLine(silence: TimeAmount) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10), read: silence)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
