import Foundation
import Glibc
import TestSupport
import Testing

/// A service on a Unix socket.
@Suite(.timeLimit(.minutes(hangLimit)))
struct SocketTests {
    /// The permissions of a file, and what kind it is.
    private func mode(_ path: String) async throws -> String {
        try await run(["stat", "--format", "%A", path], in: "/").trimmingCharacters(in: .newlines)
    }

    @Test
    func `verbs and hooks use a socket, which only user and group may`() async throws {
        let scene = try await Scene()
        let path = scene.folder.path("a socket")
        let service = try await scene.serve(listen: "unix:\(path)")
        #expect(try await mode(path) == "srw-rw----")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scene.folder.url.path).allSatisfy { !$0.hasPrefix(".") }
        )
        let bare = scene.repository.bare
        for (name, value) in [("tfjob-admin.server", "unix:../a socket")] {
            try await run(["git", "config", name, value], in: bare)
        }
        let hook = """
            #!/bin/sh
            TFJOB_ADMIN_SERVER="unix:\(path)" exec "\(BuiltExecutable.path)" hook post-receive
            """
        let file = bare + "/hooks/post-receive"
        try Data(hook.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("one"))
        try await scene.repository.commit()
        let push = try await Git.push(scene.repository)
        #expect(push.contains("+ default/team-a/one started"))
        // A relative path is taken from where the verb runs.
        for server in ["unix:\(path)", "unix:../a socket"] {
            let arguments = ["HEAD", "--for", "finished", "--server", server]
            let wait = try await Tool.run(["wait"] + arguments, in: scene.repository.clone)
            #expect(wait.code == 0, "\(wait.text)")
        }
        let status = try await Tool.run(
            ["status"],
            in: scene.repository.clone,
            environment: ["TFJOB_ADMIN_SERVER": "unix:\(path)"]
        )
        #expect(status.text.contains("default/team-a/one  succeeded"))
        #expect(try await service.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test
    func `what a dead service left is replaced, and a living one is not`() async throws {
        let scene = try await Scene()
        let path = scene.folder.path("socket")
        let first = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            listen: "unix:\(path)",
            wrapper: ["env", "TFJOB_ADMIN_REPOSITORY_SHARED=true"]
        )
        let other = try TemporaryFolder()
        let serve = [
            "serve", "--repository", scene.repository.bare, "--state", other.path("state"), "--listen", "unix:\(path)",
        ]
        let shared = ["TFJOB_ADMIN_REPOSITORY_SHARED": "true"]
        let refused = try await Tool.run(serve, in: other.url.path, environment: shared)
        #expect(refused.code == 1)
        #expect(refused.text.contains("\(path) is in use: a service answers there"))
        let status = ["status", "--server", "unix:\(path)"]
        #expect(try await Tool.run(status, in: scene.repository.clone).code == 0)

        try await first.crash()
        #expect(FileManager.default.fileExists(atPath: path))
        let dead = try await Tool.run(status, in: scene.repository.clone)
        #expect(dead.code == 1)
        #expect(dead.text.contains("no service answers at unix:\(path) (Connection refused)"))
        let second = try await scene.serve(listen: "unix:\(path)")
        #expect(try await Tool.run(status, in: scene.repository.clone).code == 0)
        #expect(try await mode(path) == "srw-rw----")

        // Nothing changed, and the socket stays.
        kill(second.pid, SIGHUP)
        #expect(try await second.stop() == 0)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        let inTheWay = try await Tool.run(serve, in: other.url.path)
        #expect(inTheWay.code == 1)
        #expect(inTheWay.text.contains("\(path) is there, and is no socket"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        let nowhere = try await Tool.run(serve.dropLast() + ["unix:/nowhere/socket"], in: other.url.path)
        #expect(nowhere.code == 1)
        #expect(nowhere.text.contains("listen: the folder of /nowhere/socket is not there; make it"))
    }

    @Test(arguments: [("unix", ["200", "200"]), ("127.0.0.1", ["401", "401"])])
    func `a proxy at the socket says who it is, where that is configured`(proxies: String, codes: [String]) async throws
    {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        let yaml = "auth: {trustedProxies: [\(proxies)]}"
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: config))
        let path = scene.folder.path("socket")
        let service = try await scene.serve(["--config", config], listen: "unix:\(path)")
        let curl = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--unix-socket", path]
        for (headers, code) in zip([[], ["--header", "X-User: ann@example.org"]], codes) {
            for host in ["localhost", "jobs.example.org"] {
                let answer = try await run(curl + headers + ["http://\(host)/api/v1alpha1/clusters"], in: "/")
                #expect(answer == code)
            }
        }
        #expect(try await service.stop() == 0)
    }

    @Test
    func `a peer of the socket is known by its user and groups, and reads what they may`() async throws {
        let scene = try await Scene()
        let config = scene.folder.path("config.yaml")
        let yaml = """
            auth:
              trustedProxies: [unix]
              groupsHeader: X-Teams
              access:
              - {users: [root], clusters: [default], partitions: [team-a]}
              - {groups: [nogroup], clusters: [default], partitions: [team-b]}
              - {groups: [ml-*], clusters: [default], partitions: [team-c]}
            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: config))
        let path = scene.folder.path("socket")
        let service = try await scene.serve(["--config", config], listen: "unix:\(path)")
        for team in ["team-a", "team-b", "team-c"] {
            try scene.repository.write(
                scene.job("exit", "0").text,
                to: "clusters/default/partitions/\(team)/one.json"
            )
        }
        try await scene.repository.publish()
        let curl = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--unix-socket", path]
        func codes(_ options: [String] = [], as user: [String] = []) async throws -> [String] {
            var codes: [String] = []
            for team in ["team-a", "team-b", "team-c"] {
                let url = "http://localhost/api/v1alpha1/clusters/default/partitions/\(team)/tfjobs"
                codes.append(try await run(user + curl + options + [url], in: "/"))
            }
            return codes
        }
        #expect(try await codes() == ["200", "403", "403"])
        // The folders of the test are root's own.
        try await run(["chmod", "o+x", scene.folder.url.path], in: "/")
        try await run(["chmod", "o+rw", path], in: "/")
        let nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        #expect(try await codes(as: nobody) == ["403", "200", "403"])
        let ann = ["--header", "X-User: ann", "--header", "X-Teams: sales, ml-admins", "--header", "X-Groups: nogroup"]
        #expect(try await codes(ann) == ["403", "403", "200"])
        let status = try await Tool.run(
            ["status", "--server", "unix:\(path)", "default/team-a"],
            in: scene.repository.clone
        )
        #expect(status.code == 0, "\(status)")
        #expect(try await service.stop() == 0)
    }

    @Test(arguments: [["Host: localhost"], ["Host: jobs.example.org"], ["Host:"]])
    func `a socket has no host, so any is answered, and none`(headers: [String]) async throws {
        let scene = try await Scene()
        let path = scene.folder.path("socket")
        let service = try await scene.serve(listen: "unix:\(path)")
        let curl = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--unix-socket", path]
        let answer = try await run(curl + headers.flatMap { ["--header", $0] } + ["http://localhost/livez"], in: "/")
        #expect(answer == "200")
        #expect(try await service.stop() == 0)
    }

    @Test
    func `a reload keeps the socket`() async throws {
        let scene = try await Scene()
        let path = scene.folder.path("socket")
        let config = scene.folder.path("config.yaml")
        try Data("repository: {interval: 1s}".utf8).write(to: URL(fileURLWithPath: config))
        let service = try await scene.serve(["--config", config], listen: "unix:\(path)")
        try Data("repository: {interval: 2s}".utf8).write(to: URL(fileURLWithPath: config))
        kill(service.pid, SIGHUP)
        try await eventually("the new configuration is in force") {
            try String(contentsOfFile: service.log, encoding: .utf8).contains("the new configuration is in force")
        }
        let status = try await Tool.run(["status", "--server", "unix:\(path)"], in: scene.repository.clone)
        #expect(status.code == 0)
        #expect(try await service.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}

/// Git, where what a push prints matters.
private enum Git {
    static func push(_ repository: JobsRepository) async throws -> String {
        try await run(["sh", "-c", "git push origin HEAD:main 2>&1"], in: repository.clone)
    }
}
