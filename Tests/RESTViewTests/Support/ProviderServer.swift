import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SignInSupport
import Synchronization

/// A server that publishes keys as a provider does, and misbehaves where a test wants it to.
final class ProviderServer: Sendable {
    struct Behaviour: Sendable {
        /// JSON Web Keys.
        var keys: [String] = []
        /// What the metadata says instead of the truth, as JSON; nil leaves it out.
        var metadata: [String: String?] = [:]
        /// Answers instead of a document, by path.
        var answers: [String: @Sendable () -> Response] = [:]
    }

    let port: Int
    private let behaviour: Mutex<Behaviour>
    private let requests = Mutex<[String]>([])

    static let metadataPath = "/.well-known/openid-configuration"
    static let keysPath = "/keys"

    private init(port: Int, _ behaviour: Behaviour) {
        self.port = port
        self.behaviour = Mutex(behaviour)
    }

    var issuer: String { "http://127.0.0.1:\(port)" }

    /// How often a document was asked for.
    func count(of path: String) -> Int { requests.withLock { $0.count { $0 == path } } }

    func change(_ body: @Sendable (inout Behaviour) -> Void) { behaviour.withLock { body(&$0) } }

    /// Serves while a test runs.
    ///
    /// - Parameters:
    ///   - port: 0 takes any that is free.
    ///   - keys: those to publish.
    ///   - body: the test.
    static func serve(
        port: Int = 0,
        keys: [SigningKey] = [],
        _ body: (ProviderServer) async throws -> Void
    ) async throws {
        let (running, found) = AsyncStream.makeStream(of: ProviderServer.self)
        let current = Mutex<ProviderServer?>(nil)
        let behaviour = Behaviour(keys: try keys.map { try $0.jwk() })
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
                current.withLock { $0 }?.answer(request.uri.path) ?? Response(status: .serviceUnavailable)
            },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                guard let port = channel.localAddress?.port else { return }
                let server = ProviderServer(port: port, behaviour)
                current.withLock { $0 = server }
                found.yield(server)
            },
            logger: Logger(label: "provider") { _ in SwiftLogNoOpLogHandler() }
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: application.logger)
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            if let server = await running.first(where: { _ in true }) {
                try await body(server)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func answer(_ path: String) -> Response {
        requests.withLock { $0.append(path) }
        let behaviour = behaviour.withLock { $0 }
        if let answer = behaviour.answers[path] {
            return answer()
        }
        switch path {
        case Self.metadataPath:
            var members: [String: String?] = ["issuer": "\"\(issuer)\"", "jwks_uri": "\"\(issuer)\(Self.keysPath)\""]
            members.merge(behaviour.metadata) { $1 }
            let text = members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",")
            return Self.json("{\(text)}")
        case Self.keysPath: return Self.json(#"{"keys":[\#(behaviour.keys.joined(separator: ","))]}"#)
        default: return Response(status: .notFound)
        }
    }

    static func json(_ text: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
