import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct WebhookTests {
    /// Signs and sends as a script would, with the programs that every machine has.
    private func deliver(to service: ServiceProcess, secret: String, times: Int = 1, in scene: Scene) async throws
        -> Set<String>
    {
        let script = """
            body='{"ref": "refs/heads/main"}'
            code=$(printf %s "$body" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d ' ' -f 1)
            curl --silent --output /dev/null --write-out '%{http_code}\\n' --data "$body" \
              --header "X-Signature: sha256=$code" "${URL}api/webhooks/generic?[1-$TIMES]"
            """
        let environment = ["SECRET": secret, "URL": service.url.absoluteString, "TIMES": "\(times)"]
        let output = try await run(["bash", "-c", script], in: scene.folder.url.path, environment: environment)
        return Set(output.split(separator: "\n").map(String.init))
    }

    @Test
    func `a delivery has the repository looked at, long before the poll would`() async throws {
        let scene = try await Scene()
        let (secret, config) = (scene.folder.path("secret"), scene.folder.path("config.yaml"))
        try Data("s3cret\n".utf8).write(to: URL(fileURLWithPath: secret))
        try Data("repository: {interval: 1h}\nwebhooks: {secretFile: \(secret)}\n".utf8)
            .write(to: URL(fileURLWithPath: config))
        let service = try await scene.serve(["--config", config])
        let first = try await firstValue("the repository is looked at") {
            try await service.request("/api/ping").json.repository.lastFetch.text
        }
        #expect(try await deliver(to: service, secret: "other", in: scene) == ["401"])
        try await eventually("it is looked at again") {
            // Times are shown in whole seconds: a delivery within the first one changes nothing that can be seen.
            #expect(try await deliver(to: service, secret: "s3cret", in: scene) == ["202"])
            return try await service.request("/api/ping").json.repository.lastFetch.text != first
        }
        #expect(try await deliver(to: service, secret: "s3cret", times: 1000, in: scene) == ["202"])
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "succeeded")
        let log = try String(contentsOfFile: service.log, encoding: .utf8)
        #expect(!log.contains("s3cret"))
        try await scene.end(service)
    }

    @Test
    func `a delivery that is sent again and again costs few fetches, and the last one is not lost`() async throws {
        let scene = try await Scene()
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let config = scene.folder.path("config.yaml")
            for (name, text) in [
                ("secret", "s3cret"), ("user", GitHTTPServer.user), ("token", GitHTTPServer.password),
                (
                    "config.yaml",
                    """
                    repository:
                      interval: 1h
                      caFile: \(server.authority.certificate)
                      userFile: \(scene.folder.path("user"))
                      tokenFile: \(scene.folder.path("token"))
                    webhooks: {secretFile: \(scene.folder.path("secret"))}
                    """
                ),
            ] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: scene.folder.path(name)))
            }
            // Without a branch, each fetch asks once more whether there is really none.
            try scene.repository.write("", to: "README.md")
            try await scene.repository.publish()
            let service = try await ServiceProcess(
                repository: "https://127.0.0.1:\(server.port)/private/jobs.git",
                in: scene.folder,
                extra: ["--config", config]
            )
            try await eventually("the repository is looked at") {
                try await service.request("/api/ping").json.repository.lastFetch.text != nil
            }
            func fetches() async throws -> Int { try await server.requests().count { $0.contains("info/refs") } }
            // The time includes both counts: on a busy machine they take long, and fetches go on meanwhile.
            let start = ContinuousClock.now
            let before = try await fetches()
            let answers = try await deliver(to: service, secret: "s3cret", times: 1000, in: scene)
            #expect(answers == ["202"])
            let count = try await fetches() - before
            let time = ContinuousClock.now - start
            // A fetch may ask twice, as git does until it is asked for a password.
            let most = 2 * (Int(time.components.seconds) + 2)
            #expect(count <= most, "\(count) within \(time)")
            try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
            try await scene.repository.publish()
            #expect(try await deliver(to: service, secret: "s3cret", in: scene) == ["202"])
            try await service.job("one", reaches: "succeeded")
            try await service.stop()
        }
    }

    @Test(arguments: [("", "is empty"), (nil, "can't be read")])
    func `a secret that can't be used is told at the start`(content: String?, hint: String) async throws {
        let scene = try await Scene()
        let (secret, log) = (scene.folder.path("secret"), scene.folder.path("log"))
        if let content {
            try Data(content.utf8).write(to: URL(fileURLWithPath: secret))
        }
        let config = scene.folder.path("config.yaml")
        try Data("webhooks: {secretFile: \(secret)}\n".utf8).write(to: URL(fileURLWithPath: config))
        let arguments = ["serve", "--repository", scene.repository.bare, "--config", config]
        let state = ["--state", scene.folder.path("state"), "--listen", "127.0.0.1:0"]
        let code = try await RunningProgram([BuiltExecutable.path] + arguments + state, log: log).wait()
        #expect(code == 1)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("the webhook secret \(secret)"))
        #expect(text.contains(hint))
    }
}
