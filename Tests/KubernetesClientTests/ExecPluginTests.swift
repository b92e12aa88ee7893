import Foundation
import TestSupport
import Testing

@testable import KubernetesClient

@Suite
struct ExecPluginTests {
    private static let version = "client.authentication.k8s.io/v1"

    private struct Scene {
        let folder: TemporaryFolder
        let plugin: ExecPlugin
        let access: Access

        init(_ script: String, version: String = ExecPluginTests.version) throws {
            folder = try TemporaryFolder()
            let path = folder.path("plugin")
            try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
            plugin = ExecPlugin(
                apiVersion: version,
                command: path,
                args: ["get", "a b"],
                env: [ExecPlugin.Variable(name: "NOTES", value: folder.path("notes"))],
                provideClusterInfo: true
            )
            access = Access(server: try #require(Access.Address("https://h:1")))
        }

        var notes: [String] {
            let text = (try? String(contentsOfFile: folder.path("notes"), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }
    }

    private static func credential(_ status: String, version: String = version) -> String {
        #"echo "$#:$2:$KUBERNETES_EXEC_INFO" >> "$NOTES"; "#
            + #"echo '{"apiVersion": "\#(version)", "kind": "ExecCredential", "status": \#(status)}'"#
    }

    @Test(arguments: ExecPlugin.versions)
    func `a plugin gets the cluster information, and its token is kept`(version: String) async throws {
        let scene = try Scene(Self.credential(#"{"token": "abc"}"#, version: version), version: version)
        let plugins = ExecPlugins()
        #expect(try await plugins.credential(of: scene.plugin, for: scene.access).token == "abc")
        #expect(try await plugins.credential(of: scene.plugin, for: scene.access).token == "abc")
        let notes = scene.notes
        #expect(notes.count == 1)
        #expect(notes.first?.hasPrefix("2:a b:{") == true)
        #expect(notes.first?.contains(#""cluster":{"server":"https://h:1"}"#) == true)
        #expect(notes.first?.contains(version) == true)
        await plugins.dropCredentials()
        _ = try await plugins.credential(of: scene.plugin, for: scene.access)
        #expect(scene.notes.count == 2)
    }

    @Test
    func `an expired credential is replaced`() async throws {
        let scene = try Scene(
            Self.credential(
                #"{"clientCertificateData": "C", "clientKeyData": "K", "expirationTimestamp": "2020-01-01T00:00:00Z"}"#
            )
        )
        let plugins = ExecPlugins()
        let first = try await plugins.credential(of: scene.plugin, for: scene.access)
        #expect(first.identity == Access.Identity(certificate: Array("C".utf8), key: Array("K".utf8)))
        _ = try await plugins.credential(of: scene.plugin, for: scene.access)
        #expect(scene.notes.count == 2)
    }

    @Test(
        arguments: [
            ("exit 3", "failed"), ("echo complaint >&2; exit 1", "complaint"), ("echo nonsense", "no ExecCredential"),
            (credential("{}"), "no ExecCredential"),
            (credential(#"{"token": "x"}"#, version: "client.authentication.k8s.io/v1beta1"), "answers as"),
        ]
    )
    func `a plugin without a credential is reported`(script: String, message: String) async throws {
        let scene = try Scene(script)
        let error = await #expect(throws: APIError.self) {
            try await ExecPlugins().credential(of: scene.plugin, for: scene.access)
        }
        #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test
    func `a plugin that does not end is killed`() async throws {
        let scene = try Scene("sleep 1000")
        let error = await #expect(throws: APIError.self) {
            try await ExecPlugins(deadline: .milliseconds(300)).credential(of: scene.plugin, for: scene.access)
        }
        #expect(error?.description.contains("did not end within") == true)
    }
}
