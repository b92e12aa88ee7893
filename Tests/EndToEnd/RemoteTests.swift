import Foundation
import TestSupport
import Testing

/// The service on repositories that it mirrors from real servers.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RemoteTests {
    /// Serves a remote repository with a configuration of its own.
    private func serve(
        _ scene: Scene,
        _ url: String,
        _ configuration: [String] = [],
        interval: String = "300ms",
        environment: [String] = []
    ) async throws -> ServiceProcess {
        let lines = ["repository:", "  interval: \(interval)"] + configuration.map { "  \($0)" }
        let config = scene.folder.path("config.yaml")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: config))
        return try await ServiceProcess(
            repository: url,
            in: scene.folder,
            wrapper: ["env"] + environment,
            extra: ["--config", config]
        )
    }

    private func write(_ text: String, _ name: String, in scene: Scene) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.folder.path(name)))
        return scene.folder.path(name)
    }

    private func ping(_ service: ServiceProcess) async throws -> JSON {
        try await service.request("/api/ping").json
    }

    @Test
    func `over https with a token, each push is carried out, and no secret shows`() async throws {
        let scene = try await Scene()
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let settings = [
                "caFile: \(server.authority.certificate)",
                "userFile: \(try write(GitHTTPServer.user, "user", in: scene))",
                "tokenFile: \(try write(GitHTTPServer.password, "token", in: scene))",
            ]
            let url = "https://127.0.0.1:\(server.port)/private/jobs.git"
            let service = try await serve(scene, url, settings)
            try scene.repository.write(scene.job("run").text, to: scene.path("one"))
            try await scene.repository.publish()
            try await service.job("one", reaches: "running", run: 1)
            try scene.repository.write(scene.job("run", "again").text, to: scene.path("one"))
            let commit = try await scene.repository.publish()
            try await service.job("one", reaches: "running", run: 2)
            let ping = try await ping(service)
            #expect(ping.repository.url.text == url)
            #expect(ping.repository.head.text == commit)
            #expect(ping.repository.lastFetch.text != nil)
            #expect(try !String(contentsOfFile: service.log, encoding: .utf8).contains("secret"))
            try await scene.end(service)
            try await service.stop()
        }
    }

    @Test
    func `through a proxy with a password, which shows nowhere, and one that is away stops nothing`() async throws {
        let scene = try await Scene()
        let proxy = try await ConnectProxy(in: scene.folder)
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let settings = [
                "caFile: \(server.authority.certificate)",
                "userFile: \(try write(GitHTTPServer.user, "user", in: scene))",
                "tokenFile: \(try write(GitHTTPServer.password, "token", in: scene))",
            ]
            let url = "https://127.0.0.1:\(server.port)/private/jobs.git"
            let service = try await serve(scene, url, settings, environment: ["https_proxy=\(proxy.address)"])
            try scene.repository.write(scene.job("run").text, to: scene.path("one"))
            try await scene.repository.publish()
            try await service.job("one", reaches: "running", run: 1)
            #expect(try proxy.requests().contains("CONNECT 127.0.0.1:\(server.port) HTTP/1.1 in"))
            let direct = try await server.requests().count
            try await proxy.stop()
            try await eventually("ping says so") {
                try await ping(service).repository.error.text == "unreachable"
            }
            #expect(try await service.job("one")?.status.phase.text == "running")
            #expect(try await service.request("/readyz").status == 200)
            // None but the proxy reaches the server.
            let reached = try await server.requests().count
            try scene.repository.write(scene.job("run", "unseen").text, to: scene.path("two"))
            try await scene.repository.publish()
            try await eventually("it is tried again") {
                try String(contentsOfFile: service.log, encoding: .utf8).contains("can't be fetched")
            }
            #expect(try await server.requests().count == reached && reached >= direct)
            let shown =
                try String(contentsOfFile: service.log, encoding: .utf8)
                + String(decoding: try await service.request("/api/ping").body, as: UTF8.self)
            for secret in [ConnectProxy.password, "secret"] {
                #expect(!shown.contains(secret))
            }
            try await service.stop()
        }
        let end = try await ServiceProcess(repository: scene.repository.bare, in: scene.folder)
        try await scene.end(end)
    }

    @Test
    func `over ssh, and a changed host key stops nothing and heals`() async throws {
        let scene = try await Scene()
        let server = try await SSHServer(in: scene.folder)
        let settings = ["sshKey: \(server.key)", "knownHosts: \(server.knownHosts)"]
        let service = try await server.running { () -> ServiceProcess in
            let service = try await serve(scene, server.url(scene.repository.bare), settings)
            try scene.repository.write(scene.job("run").text, to: scene.path("one"))
            try await scene.repository.publish()
            try await service.job("one", reaches: "running")
            return service
        }
        try await eventually("it says that nobody answers") {
            try await ping(service).status.text == "degraded"
        }
        try await server.running(hostKey: "other-host") {
            try await eventually("the log says that the key is another") {
                try String(contentsOfFile: service.log, encoding: .utf8).contains("shows another key")
            }
            try await eventually("ping says so") { try await ping(service).repository.error.text == "host key" }
            #expect(try await service.job("one")?.status.phase.text == "running")
        }
        try await server.running {
            try await eventually("it heals") { try await ping(service).status.text == "ok" }
            try await scene.end(service)
        }
        try await service.stop()
    }

    @Test
    func `ping has one word for each fault, and the sentence on the socket alone`() async throws {
        let scene = try await Scene()
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let authority = "caFile: \(server.authority.certificate)"
            let user = "userFile: \(try write(GitHTTPServer.user, "user", in: scene))"
            let https = "https://127.0.0.1:\(server.port)"
            let (good, wrong) = (
                "tokenFile: \(try write(GitHTTPServer.password, "token", in: scene))",
                "tokenFile: \(try write("wrong", "wrong", in: scene))"
            )
            for (url, settings, word) in [
                ("\(https)/private/jobs.git", [authority, user, wrong], "unauthorized"),
                ("\(https)/private/jobs.git", [user, good], "certificate"),
                ("\(https)/private/absent.git", [authority, user, good], "not a repository"),
                (scene.folder.path("absent"), [], "not a repository"),
                (scene.repository.bare, [], nil),
            ] as [(String, [String], String?)] {
                let lines = ["repository:", "  interval: 300ms"] + settings.map { "  \($0)" }
                let folder = try TemporaryFolder()
                let service = try await ServiceProcess(
                    repository: url,
                    in: folder,
                    listen: "unix:\(folder.path("socket"))",
                    extra: ["--config", try write(lines.joined(separator: "\n") + "\n", "config.yaml", in: scene)]
                )
                func ask(_ path: String) async throws -> JSON {
                    let curl = ["curl", "--silent", "--unix-socket", folder.path("socket"), "http://localhost\(path)"]
                    return try JSON(Data(try await run(curl, in: "/").utf8))
                }
                let ping = try await firstValue("ping says how the repository is") { () -> JSON? in
                    let ping = try await ask("/api/ping")
                    return ping.repository.error.text == word && ping.repository.branch.text != nil ? ping : nil
                }
                #expect((ping.repository.message.text != nil) == (word != nil), "\(ping)")
                let ready = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
                let code = try await run(
                    ready + ["--unix-socket", folder.path("socket"), "http://localhost/readyz"],
                    in: "/"
                )
                #expect(code == (word == nil ? "200" : "503"))
                try await service.stop()
            }
        }
    }

    @Test
    func `an expired certificate of the git server is named with its date`() async throws {
        let scene = try await Scene()
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder, days: -1) { server in
            let url = "https://127.0.0.1:\(server.port)/open/jobs.git"
            let service = try await serve(scene, url, ["caFile: \(server.authority.certificate)"])
            let pattern =
                /the certificate of 127\.0\.0\.1 expired at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ); it has to be renewed/
            let date = try await firstValue("the log says so") {
                try String(contentsOfFile: service.log, encoding: .utf8).firstMatch(of: pattern).map { String($0.1) }
            }
            let expiry = try #require(try? Date(date, strategy: .iso8601))
            #expect((80_000...100_000).contains(Date().timeIntervalSince(expiry)))
            try await eventually("ping says so") {
                try await ping(service).repository.error.text == "certificate"
            }
            try await service.stop()
        }
    }

    @Test
    func `a server that stalls blocks neither the view nor the jobs`() async throws {
        let scene = try await Scene()
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let proxy = try FaultProxy(to: server.plainPort)
            let url = "http://127.0.0.1:\(proxy.port)/open/jobs.git"
            let signal = scene.folder.path("signal")
            let service = try await serve(scene, url, ["fetchTimeout: 1s"])
            try scene.repository.write(scene.job("wait", signal).text, to: scene.path("one"))
            try await scene.repository.publish()
            try await service.job("one", reaches: "running")
            proxy.set(.stall(after: 0))
            try scene.repository.write(scene.job("run").text, to: scene.path("two"))
            try await scene.repository.publish()
            try await eventually("the log says that it took too long") {
                try String(contentsOfFile: service.log, encoding: .utf8).contains("not done within 1 s")
            }
            try await eventually("ping says so") { try await ping(service).repository.error.text == "timeout" }
            try Data().write(to: URL(fileURLWithPath: signal))
            try await service.job("one", reaches: "succeeded")
            #expect(try await ping(service).status.text == "degraded")
            proxy.set(.none)
            try await service.job("two", reaches: "running")
            try await eventually("it is well again") { try await ping(service).status.text == "ok" }
            try await scene.end(service)
            try await service.stop()
        }
    }

    @Test
    func `a webhook makes a fetch at once, and the hook sends it`() async throws {
        let scene = try await Scene()
        let secret = try write("s3cret\n", "webhook-secret", in: scene)
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let url = "http://127.0.0.1:\(server.plainPort)/open/jobs.git"
            let config = scene.folder.path("config.yaml")
            let text = "repository: {interval: 1h}\nwebhooks: {secretFile: \(secret)}\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: config))
            let service = try await ServiceProcess(repository: url, in: scene.folder, extra: ["--config", config])
            try await eventually("the first fetch is done") { try await ping(service).repository.lastFetch.text != nil }
            try scene.repository.write(scene.job("run").text, to: scene.path("one"))
            let commit = try await scene.repository.publish()
            let hook =
                "echo 0000000000000000000000000000000000000000 \(commit) refs/heads/main | \(BuiltExecutable.path) hook post-receive 2>&1"
            let said = try await run(
                ["sh", "-c", hook],
                in: scene.repository.bare,
                environment: [
                    "TFJOB_ADMIN_SERVER": service.url.absoluteString, "TFJOB_ADMIN_WEBHOOK_SECRET_FILE": secret,
                ]
            )
            #expect(said.contains("+ default/team-a/one started: run 1 is"))
            try scene.repository.remove("clusters")
            let end = try await scene.repository.publish()
            _ = try await run(
                ["sh", "-c", hook.replacing(commit, with: end)],
                in: scene.repository.bare,
                environment: [
                    "TFJOB_ADMIN_SERVER": service.url.absoluteString, "TFJOB_ADMIN_WEBHOOK_SECRET_FILE": secret,
                ]
            )
            try await eventually("nothing is left") { try scene.leftovers().isEmpty }
            try await service.stop()
        }
    }

    @Test
    func `only signed commits are applied where keys are named, and every surface says why`() async throws {
        let scene = try await Scene()
        try await SSHServer.makeKey(scene.folder.path("key"))
        try await SSHServer.makeKey(scene.folder.path("stranger"))
        let key = try String(contentsOfFile: scene.folder.path("key.pub"), encoding: .utf8)
        let signers = try write("ann@example.org \(key)", "allowed_signers", in: scene)
        for (name, value) in [
            ("gpg.format", "ssh"), ("commit.gpgSign", "true"), ("user.signingKey", scene.folder.path("key")),
        ] {
            try await scene.repository.git("config", name, value)
        }
        let service = try await serve(scene, scene.repository.bare, ["allowedSigners: \(signers)"])
        try scene.repository.write(scene.job("run", "signed").text, to: scene.path("one"))
        let trusted = try await scene.repository.publish()
        try await service.job("one", reaches: "running", run: 1)

        for (option, value, word) in [
            ("commit.gpgSign", "false", "it is not signed"),
            ("user.signingKey", scene.folder.path("stranger"), "is not applied"),
        ] {
            try await scene.repository.git("config", "commit.gpgSign", "true")
            try await scene.repository.git("config", option, value)
            try scene.repository.write(scene.job("run", word).text, to: scene.path("one"))
            let refused = try await scene.repository.publish()
            try await eventually("it is refused: \(word)") { try await ping(service).status.text == "degraded" }
            let answer = try await firstValue("its report says so") {
                let answer = try await service.request("/api/v1alpha1/commits/\(refused)")
                return answer.status == 200 ? try answer.json : nil
            }
            #expect(answer.state.text == "held")
            #expect(answer.issues[0].message.text?.contains(word) == true)
            #expect(answer.issues[0].message.text?.contains("commit \(trusted.prefix(12)) stays in force") == true)
            #expect(try await service.job("one")?.status.run.int == 1)
        }
        try await scene.repository.git("config", "user.signingKey", scene.folder.path("key"))
        try scene.repository.write(scene.job("run", "signed again").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running", run: 2)
        #expect(try await ping(service).status.text == "ok")
        try await scene.end(service)
        try await service.stop()
    }
}
