import Foundation
import Glibc
import TestSupport
import Testing

/// What a verb says when there is no answer to be had: which way it goes wrong, and what to do.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ClientErrorTests {
    private static let verbs = [
        ["status"], ["status", "--watch"], ["history", "default/team-a/one"], ["logs", "default/team-a/one"],
    ]

    private func run(_ arguments: [String], _ scene: Scene, _ environment: [String: String] = [:]) async throws
        -> Tool.Result
    {
        try await Tool.run(arguments, in: scene.repository.clone, environment: environment)
    }

    @Test
    func `nobody is there`() async throws {
        let scene = try await Scene()
        let reserved = try ReservedPort()
        let port = reserved.number
        for verb in Self.verbs {
            let start = ContinuousClock.now
            let result = try await run(verb + ["--server", "http://127.0.0.1:\(port)"], scene)
            #expect(result.code == 1)
            #expect(
                result.text
                    == "tfjob-admin: no service answers at http://127.0.0.1:\(port) (Connection refused): start it with tfjob-admin serve, or name another with --server or $TFJOB_ADMIN_SERVER\n"
            )
            // It is known at once, and said so.
            #expect(ContinuousClock.now - start < promised(.seconds(20)))
        }
        withExtendedLifetime(reserved) {}
        let host = try await run(["status", "--server", "http://no-such-host.invalid"], scene)
        #expect(host.code == 1)
        #expect(host.text.contains("no service answers at http://no-such-host.invalid ("))
        let socket = try await run(["status", "--server", "unix:/nowhere/socket"], scene)
        #expect(socket.code == 1)
        #expect(socket.text.contains("unix:/nowhere/socket (No such file or directory)"))
    }

    @Test(
        arguments: [
            (["status", "a/b/c/d"], "write CID, CID/PARTITION or CID/PARTITION/ID"),
            (["status", "a//c"], "the partition \"\" is empty"),
            (["status", "Big"], "the cluster \"Big\" may have lower-case letters"),
            (["status", "../../etc"], "names no jobs"),
            (["status", "\u{1B}[31m"], "\"\\u001b[31m\""),
            (["status", "--format", "yaml"], "yaml"),
            (["status", "--server", "nonsense"], "write http://HOST:PORT, https://HOST, or unix:PATH"),
            (["status", "--server", "http://user:word@127.0.0.1"], "is no service's address"),
            (["status", "--server", "unix:"], "write unix:/path/to/socket"),
            (["status", "--token-file", "/nowhere/token"], "/nowhere/token can't be read"),
            (["status", "--token-file", "/dev/null"], "/dev/null holds no token"),
            (["status", "--ca-file", "/dev/null"], "/dev/null holds no certificate"),
            (["logs", "a/b"], "write CID/PARTITION/ID"),
            (["logs"], "cid/partition/id"),
            (["logs", "a/b/c", "--replica", "boss-0"], "\"boss-0\" is no replica; write TYPE-INDEX"),
            (["logs", "a/b/c", "--replica", "worker"], "write TYPE-INDEX"),
            (["logs", "a/b/c", "--run", "0"], "runs are counted from 1"),
            (["logs", "a/b/c", "--tail=-1"], "write 0 lines or more"),
            (["history", "a/b"], "write CID/PARTITION/ID"),
            (["history"], "cid/partition/id"),
        ] as [([String], String)]
    )
    func `wrong usage ends with 64, and asks nobody`(arguments: [String], message: String) async throws {
        let scene = try await Scene()
        let result = try await run(arguments, scene)
        #expect(result.code == 64)
        #expect(result.text.contains(message), "\(result.text)")
        #expect(!result.text.contains("\u{1B}"))
    }

    @Test
    func `what is not there is told with what is`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let server = ["--server", service.url.absoluteString]
        for id in ["mnist", "resnet"] {
            try scene.repository.write("{", to: scene.path(id))
        }
        try await scene.repository.publish()
        try await eventually("they are held") { try await service.jobs().count == 2 }
        for verb in ["status", "history", "logs"] {
            for (name, hint) in [
                ("default/team-a/mnsit", "; did you mean default/team-a/mnist?\n"),
                ("default/team-a/speech", "; there are mnist, resnet\n"),
                ("default/team-z/mnist", "; did you mean default/team-a/mnist?\n"),
                ("defualt/team-a/resnet", "; did you mean default/team-a/resnet?\n"),
                ("default/sales/mnist", "; default/sales has no jobs: see tfjob-admin status default\n"),
            ] {
                let result = try await run([verb, name] + server, scene)
                #expect(result.code == 1)
                #expect(result.text.hasSuffix(hint), "\(verb): \(result.text)")
            }
        }
        try await scene.end(service)
    }

    @Test
    func `something else answers`() async throws {
        let scene = try await Scene()
        let script = """
            import http.server
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    kind = self.path.split("/")[1]
                    if kind == "moved":
                        self.send_response(302)
                        self.send_header("Location", "https://elsewhere.example/")
                        self.end_headers()
                    elif kind == "busy":
                        self.send_error(503)
                    elif kind == "absent":
                        self.send_error(404)
                    elif kind == "hostile":
                        self.send_response(403)
                        self.end_headers()
                        self.wfile.write(b'{"detail": "\\\\u001b[2J\\\\u202e gone"}')
                    else:
                        self.send_response(200)
                        self.end_headers()
                        self.wfile.write(b'<html>')
            server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        let other = try await PrintingServer(["python3", "-c", script], in: scene.folder)
        let port = other.port
        for (path, message) in [
            ("", "/api/v1alpha1/clusters answers with something else than expected: is it a tfjob-admin?"),
            ("/moved", "points to another place; name that with --server: https://elsewhere.example/\n"),
            ("/busy", "/busy/api/v1alpha1/clusters: HTTP status 503"),
            ("/absent/", "has no /api/v1alpha1/clusters: is it a tfjob-admin, and a version that has this?"),
            ("/hostile", "does not let you see this: \\u001b[2J\\u202e gone"),
        ] {
            let result = try await run(["status", "--server", "http://127.0.0.1:\(port)\(path)"], scene)
            #expect(result.code == 1)
            #expect(result.text.contains(message), "\(result.text)")
            #expect(!result.text.contains("\u{1B}"))
        }
        try await other.end()
    }

    @Test
    func `who is not signed in is told how, and who may not see it is told so`() async throws {
        let scene = try await Scene()
        let provider = try await IdentityProvider(on: try ReservedPort(), in: scene.folder)
        let config = scene.folder.path("config.yaml")
        let yaml = """
            auth:
              oidc: {issuer: "\(provider.issuer)", audience: tfjob-admin, userClaim: email}
              access: [{groups: [team-a], clusters: [default], partitions: [team-a]}]
            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: config))
        let service = try await scene.serve(["--config", config])
        for partition in ["team-a", "team-b"] {
            try scene.repository.write("{", to: "clusters/default/partitions/\(partition)/one.json")
        }
        try await scene.repository.publish()
        let token = scene.folder.path("token")
        try Data("\(try await provider.token(.bob))\n".utf8).write(to: URL(fileURLWithPath: token))
        let environment = ["TFJOB_ADMIN_SERVER": service.url.absoluteString]
        try await eventually("it signs in") {
            let result = try await run(["status", "--token-file", token], scene, environment)
            return result.text.contains("default/team-a/one  held")
        }
        let own = try await run(["status", "--token-file", token], scene, environment)
        #expect(!own.text.contains("team-b"))
        for verb in Self.verbs {
            let none = try await run(verb, scene, environment)
            #expect(none.code == 1)
            #expect(none.text.contains("wants a token; give one with --token-file or $TFJOB_ADMIN_TOKEN ("))
            let bad = try await run(verb, scene, environment.merging(["TFJOB_ADMIN_TOKEN": "a.b.c"]) { $1 })
            #expect(bad.code == 1)
            #expect(
                bad.text.contains("does not accept the token; get a new one for --token-file or $TFJOB_ADMIN_TOKEN (")
            )
            #expect(!bad.text.contains("a.b.c"))
        }
        for verb in ["status", "history", "logs"] {
            let result = try await run([verb, "default/team-b/one", "--token-file", token], scene, environment)
            #expect(result.code == 1)
            #expect(result.text.contains("does not let you see this: "))
        }
        let byVariable = ["TFJOB_ADMIN_TOKEN_FILE": token].merging(environment) { $1 }
        #expect(try await run(["status"], scene, byVariable).text == own.text)
        let broken = try await run(["status"], scene, environment.merging(["TFJOB_ADMIN_TOKEN": "a b"]) { $1 })
        #expect(broken.code == 64)
        #expect(broken.text.contains("$TFJOB_ADMIN_TOKEN holds no token"))
        let wait = try await run(["wait", "HEAD", "--token-file", token, "--timeout", "20s"], scene, environment)
        #expect(wait.text.contains("team-a/one"))
        try await provider.end()
        try? scene.repository.remove("clusters")
        try await service.stop()
    }
}
