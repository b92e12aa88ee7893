import Foundation
import GitMirror
import Journal
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Measures when the certificates of the servers that the service depends on expire.
///
/// git and the HTTP client say nothing about a certificate until it is refused. This service opens a connection of its own, once
/// an hour, and sends no request over it.
struct CertificateWatch: Service {
    /// A server that has a certificate.
    struct Server: Sendable, Equatable {
        let certificate: Measurements.Certificate
        let host: String
        let port: Int
    }

    let servers: [Server]
    let measurements: Measurements
    let logger: Logger

    private static let interval = Duration.seconds(3600)

    func run() async throws {
        let rounds = AsyncStream<Void> { continuation in
            continuation.yield()
            let timer = Task {
                while (try? await Task.sleep(for: Self.interval)) != nil {
                    continuation.yield()
                }
            }
            continuation.onTermination = { _ in timer.cancel() }
        }
        for await _ in rounds.cancelOnGracefulShutdown() {
            await withTaskGroup(of: Void.self) { group in
                for server in servers {
                    group.addTask { await measure(server) }
                }
            }
        }
    }

    private func measure(_ server: Server) async {
        do {
            measurements.recordExpiry(try await server.readExpiry(), of: server.certificate)
        } catch {
            // Whether the server answers is shown by its own metric. The last known date stays.
            logger.debug(
                "the end of a certificate can't be read",
                metadata: ["host": "\(server.host):\(server.port)", "error": "\(error)"]
            )
        }
    }
}

extension CertificateWatch.Server {
    /// The server of an address.
    ///
    /// - Returns: nil if the address has no certificate: it is not one of `https`.
    init?(_ certificate: Measurements.Certificate, url: String) {
        guard let url = URLComponents(string: url), url.scheme?.lowercased() == "https", let host = url.host else {
            return nil
        }
        self.init(certificate: certificate, host: host.trimmingCharacters(in: ["[", "]"]), port: url.port ?? 443)
    }

    /// Opens a TLS connection, and closes it.
    ///
    /// - Returns: when the server's certificate expires. It may be in the past.
    func readExpiry() async throws -> Date {
        let shown = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Date.self)
        do {
            // The certificate is only looked at. Clients that send something verify it themselves.
            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
            let isNumeric = (try? SocketAddress(ipAddress: host, port: port)) != nil
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = try NIOSSLClientHandler(
                            context: context,
                            serverHostname: isNumeric ? nil : host
                        ) { certificates, verification in
                            if let certificate = certificates.first {
                                shown.succeed(Date(timeIntervalSince1970: Double(certificate.notValidAfter)))
                            }
                            verification.succeed(.certificateVerified)
                        }
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(host: host, port: port)
                .get()
            channel.closeFuture.whenComplete { _ in shown.fail(ChannelError.eof) }
            let deadline = channel.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
            let expiry = try await shown.futureResult.get()
            deadline.cancel()
            try? await channel.close()
            return expiry
        } catch {
            shown.fail(error)
            throw error
        }
    }
}
