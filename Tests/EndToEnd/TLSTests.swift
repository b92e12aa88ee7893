import Foundation
import TestSupport
import Testing

/// A service that speaks TLS.
@Suite(.timeLimit(.minutes(hangLimit)))
struct TLSTests {
    private func serve(_ scene: Scene, _ authority: CertificateAuthority) async throws -> ServiceProcess {
        let config = scene.folder.path("config.yaml")
        let yaml = "tls: {certificateFile: \(authority.server), keyFile: \(authority.key)}"
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: config))
        return try await scene.serve(["--config", config])
    }

    /// Asks twice over one connection, the second time when a file is there, and prints each time the certificate's number.
    private static let patient = """
        import http.client, os, ssl, sys, time
        port, authority, signal = sys.argv[1:]
        context = ssl.create_default_context(cafile=authority)
        def ask(connection):
            connection.request("GET", "/livez")
            answer = connection.getresponse()
            assert answer.status == 200 and answer.read() == b"ok\\n"
            print(connection.sock.getpeercert()["serialNumber"], flush=True)
        connection = http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=60)
        ask(connection)
        while not os.path.exists(signal):
            time.sleep(0.02)
        ask(connection)
        ask(http.client.HTTPSConnection("127.0.0.1", int(port), context=context, timeout=60))
        """

    private func log(_ service: ServiceProcess) throws -> String {
        try String(contentsOfFile: service.log, encoding: .utf8)
    }

    @Test
    func `who is trusted is named, and the system's own are not enough for an authority of one's own`() async throws {
        let scene = try await Scene()
        let authority = try await CertificateAuthority(in: scene.folder)
        let stranger = try await CertificateAuthority(in: scene.folder, name: "stranger")
        let service = try await serve(scene, authority)
        let address = service.url.absoluteString
        #expect(address.hasPrefix("https://127.0.0.1:"))
        let clone = scene.repository.clone
        let trusting = ["status", "--server", address, "--ca-file", authority.certificate]
        #expect(try await Tool.run(trusting, in: clone).code == 0)
        let environment = ["TFJOB_ADMIN_SERVER": address, "TFJOB_ADMIN_CA_FILE": authority.certificate]
        #expect(try await Tool.run(["status"], in: clone, environment: environment).code == 0)
        for extra in [[], ["--ca-file", stranger.certificate]] {
            let result = try await Tool.run(["status", "--server", address] + extra, in: clone)
            #expect(result.code == 1)
            #expect(result.text.contains("is not one to trust; name its authority with --ca-file"), "\(result.text)")
        }
        let plain = address.replacing("https", with: "http")
        let refused = try await Tool.run(["status", "--server", plain], in: clone)
        #expect(refused.code == 1)
        #expect(refused.text.contains("this port speaks TLS: write https:// in place of http://"), "\(refused.text)")
        let port = try #require(service.url.port)
        await #expect(throws: CommandFailed.self) {
            try await run(["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-tls1_1"], in: clone)
        }
        #expect(try await service.stop() == 0)
    }

    @Test
    func `an expired certificate is a warning with its date, and https at a plain port is named`() async throws {
        let scene = try await Scene()
        let expired = try await CertificateAuthority(in: scene.folder, days: -1)
        let service = try await serve(scene, expired)
        let form = /expired=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ .*the certificate has expired, and clients refuse it/
        let printed = try log(service)
        #expect(printed.contains(form), "\(printed)")
        let trusting = ["status", "--server", service.url.absoluteString, "--ca-file", expired.certificate]
        let refused = try await Tool.run(trusting, in: scene.repository.clone)
        #expect(refused.code == 1)
        #expect(refused.text.contains("is not one to trust") && refused.text.contains("has expired"), "\(refused.text)")
        #expect(!refused.text.contains(".cc:"), "\(refused.text)")
        #expect(try await service.stop() == 0)

        let plain = try await ServiceProcess(repository: scene.repository.bare, in: scene.folder)
        let address = plain.url.absoluteString.replacing("http:", with: "https:")
        let wrong = try await Tool.run(["status", "--server", address], in: scene.repository.clone)
        #expect(wrong.code == 1)
        #expect(wrong.text.contains("\(address) speaks no TLS: write http:// in place of https://"), "\(wrong.text)")
        #expect(try await plain.stop() == 0)
    }

    @Test
    func `a new certificate is used without a restart, and a bad one is not`() async throws {
        let scene = try await Scene()
        let authority = try await CertificateAuthority(in: scene.folder)
        let service = try await serve(scene, authority)
        let port = try #require(service.url.port)
        let (signal, output) = (scene.folder.path("signal"), scene.folder.path("patient.log"))
        let patient = try await RunningProgram(
            ["python3", "-c", Self.patient, "\(port)", authority.certificate, signal],
            log: output
        )
        func numbers() throws -> [Substring] {
            try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        }
        try await eventually("the first answer is there") { try numbers().count == 1 }
        let status = ["status", "--server", service.url.absoluteString, "--ca-file", authority.certificate]
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: authority.key))
        try await eventually("it is told") { try log(service).contains("holds no key that can be used") }
        #expect(try await Tool.run(status, in: scene.repository.clone).code == 0)
        // A key of another certificate.
        try await authority.issue(server: scene.folder.path("unused.pem"), key: authority.key)
        try await eventually("it is told") { try log(service).contains("is not the key of") }
        #expect(try await Tool.run(status, in: scene.repository.clone).code == 0)

        try await authority.issue(server: authority.server, key: authority.key)
        try await eventually("it is in use") { try log(service).contains("a new certificate is in use") }
        // Each fault was told once, however often it was seen.
        #expect(try log(service).matches(of: /the new certificate can't be used/).count <= 3)
        try Data().write(to: URL(fileURLWithPath: signal))
        #expect(try await patient.wait() == 0)
        let serials = try numbers()
        #expect(serials.count == 3)
        #expect(serials[0] == serials[1])
        #expect(serials[0] != serials[2])
        #expect(try await Tool.run(status, in: scene.repository.clone).code == 0)
        #expect(try await service.stop() == 0)
    }

    @Test
    func `a service does not start with what it can't use`() async throws {
        let scene = try await Scene()
        let authority = try await CertificateAuthority(in: scene.folder)
        let absent = scene.folder.path("absent.pem")
        for (certificate, key, message) in [
            (absent, authority.key, "tls: \(absent) can't be read"),
            (authority.key, authority.key, "holds no certificate"),
            (authority.server, authority.server, "holds no key that can be used"),
        ] {
            let serve = ["serve", "--repository", scene.repository.bare, "--listen", "127.0.0.1:0"]
            let environment = ["TFJOB_ADMIN_TLS_CERTIFICATE_FILE": certificate, "TFJOB_ADMIN_TLS_KEY_FILE": key]
            let result = try await Tool.run(serve, in: scene.folder.url.path, environment: environment)
            #expect(result.code == 1)
            #expect(result.text.contains(message), "\(result.text)")
        }
    }
}
