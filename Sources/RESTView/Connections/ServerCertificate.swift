import HummingbirdCore
import Journal
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The service's certificate. It is read again when its files change; open connections keep the one they began with.
final class ServerCertificate: Sendable {
    /// How often the files are read. Their bytes are compared, because inotify on a file misses the exchanged link of a mounted
    /// secret.
    private static let interval = Duration.seconds(1)

    private struct State {
        var pair: CertificatePair
        var context: NIOSSLContext
    }

    private let files: CertificateFiles
    private let measurements: Measurements
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the files for the first time.
    ///
    /// - Throws: ``RESTServiceError`` if they can't be used.
    init(_ files: CertificateFiles, measurements: Measurements, logger: Logger) throws(RESTServiceError) {
        self.files = files
        self.measurements = measurements
        self.logger = logger
        let pair = try CertificatePair(files)
        state = Mutex(State(pair: pair, context: try pair.context(files)))
        measurements.recordExpiry(pair.expiry, of: .service)
    }

    /// The TLS context for the next connection.
    var context: NIOSSLContext { state.withLock(\.context) }

    /// Reads the files regularly until the task is cancelled.
    func keepFresh() async {
        var last = Inspection(fault: nil)
        while (try? await Task.sleep(for: Self.interval)) != nil {
            last = inspectFiles(after: last)
        }
    }

    /// The fault of the files at the last inspection, and whether it was logged.
    private struct Inspection {
        var fault: String?
        var isLogged = false
    }

    private func inspectFiles(after last: Inspection) -> Inspection {
        do throws(RESTServiceError) {
            let pair = try CertificatePair(files)
            guard pair != state.withLock(\.pair) else { return Inspection(fault: nil) }
            let context = try pair.context(files)
            state.withLock { $0 = State(pair: pair, context: context) }
            measurements.recordExpiry(pair.expiry, of: .service)
            logger.notice("a new certificate is in use", metadata: ["file": "\(files.certificate)"])
            return Inspection(fault: nil)
        } catch {
            // The two files can't be exchanged at the same moment, so only a fault that stays is logged.
            guard error.description == last.fault else { return Inspection(fault: error.description) }
            if !last.isLogged {
                logger.error(
                    "the new certificate can't be used, and the old one stays",
                    metadata: ["error": "\(error)"]
                )
            }
            return Inspection(fault: error.description, isLogged: true)
        }
    }
}

/// A connection over TLS, with the certificate of the moment it began.
struct TLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificate: ServerCertificate

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate.context))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1, over TLS if there is a certificate.
    static func http1(configuration: HTTP1Channel.Configuration, certificate: ServerCertificate?) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            let base = HTTP1Channel(responder: responder, configuration: configuration)
            guard let certificate else { return base }
            return TLSChannel(base: base, certificate: certificate)
        }
    }
}
