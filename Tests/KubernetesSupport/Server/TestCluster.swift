import Foundation
import Hummingbird
import HummingbirdTLS
import Logging
package import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization
package import TestSupport

/// A Kubernetes cluster of a test's own: an API server over HTTPS on 127.0.0.1, the controllers behind it, and a machine that runs pods as
/// the test says.
///
/// It holds clients to what a real server does; each behaviour names its source where it is written. It leaves out what no client of this
/// project asks for: protobuf, tables, OpenAPI, admission webhooks, CRDs beside TFJob.
package final class TestCluster: Sendable {
    /// Where it is: `https://127.0.0.1:6443`.
    package let url: String
    package var port: String { String(url.split(separator: ":").last ?? "") }
    /// As a client names it to the server: `127.0.0.1:6443`.
    package var place: String { "127.0.0.1:\(port)" }
    /// The authority that signed the server's certificate, PEM file.
    package let authority: String
    package let accounts: Accounts
    package let faults: Faults
    package let requests: RequestLog
    package let kubelet: Kubelet
    let state: ClusterState
    let folder: TemporaryFolder
    let certificates: CertificateAuthority
    /// How long each side of a connection waits for the other's end of TLS. The default of 5 s passes at the end of each test in
    /// which a watch is open: the other side reads nothing while it answers.
    package static let farewell = TimeAmount.milliseconds(50)

    private init(
        port: Int,
        _ responder: KubernetesResponder,
        _ folder: TemporaryFolder,
        _ certificates: CertificateAuthority
    ) {
        url = "https://127.0.0.1:\(port)"
        self.certificates = certificates
        authority = certificates.certificate
        accounts = responder.accounts
        faults = responder.faults
        requests = responder.log
        kubelet = responder.kubelet
        state = responder.state
        self.folder = folder
    }

    /// Runs a cluster for as long as the body runs.
    ///
    /// - Parameters:
    ///   - folder: gets certificates and kubeconfigs.
    ///   - settings: how it behaves.
    ///   - behaviour: what becomes of each pod. Default: it runs until it is deleted.
    ///   - body: the test.
    package static func serving<Result: Sendable>(
        in folder: TemporaryFolder,
        _ settings: ClusterSettings = ClusterSettings(),
        behaviour: @escaping @Sendable (PodDescription) -> PodBehaviour = { _ in .runs },
        _ body: (TestCluster) async throws -> Result
    ) async throws -> Result {
        let certificates = try await CertificateAuthority(
            in: folder,
            name: "cluster-\(UUID().uuidString)",
            names: settings.names
        )
        let state = ClusterState(hasOperator: settings.hasOperator)
        let responder = KubernetesResponder(
            state: state,
            kubelet: Kubelet(state, settings, behaviour: behaviour),
            accounts: Accounts(),
            faults: Faults(),
            log: RequestLog(),
            resources: state.resources,
            settings: settings
        )
        let (running, found) = AsyncStream.makeStream(of: Int.self)
        let application = try application(responder, certificates) { found.yield($0) }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: application.logger)
        )
        let (kubeletChanges, controllerChanges) = await (state.changes(), state.changes())
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            tasks.addTask { await responder.kubelet.run(kubeletChanges) }
            tasks.addTask { await ControllerManager(state: state, settings: settings).run(controllerChanges) }
            do {
                guard let port = await running.first(where: { _ in true }) else {
                    try await tasks.waitForAll()
                    throw CancellationError()
                }
                let result = try await body(TestCluster(port: port, responder, folder, certificates))
                await state.stop()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                await state.stop()
                await group.triggerGracefulShutdown()
                try? await tasks.waitForAll()
                throw error
            }
        }
    }

    private static func application(
        _ responder: KubernetesResponder,
        _ certificates: CertificateAuthority,
        _ isServing: @escaping @Sendable (Int) -> Void
    ) throws -> Application<KubernetesResponder> {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificates.server).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.key, format: .pem))
        )
        tls.applicationProtocols = ["http/1.1"]
        // A certificate is asked for, and who it is decides later: a bad one is answered with 401 and not by the handshake, as in
        // https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/server/secure_serving.go
        tls.certificateVerification = .optionalVerification
        tls.shutdownTimeout = TestCluster.farewell
        var quiet = Logger(label: "cluster") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        return Application(
            responder: responder,
            server: try .tls(
                .http1(),
                configuration: TLSChannelConfiguration(
                    tlsConfiguration: tls,
                    customAsyncVerificationCallback: { _ in .certificateVerified }
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: responder.settings.port),
                serverName: nil
            ),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { isServing(port) }
            },
            logger: quiet
        )
    }
}
