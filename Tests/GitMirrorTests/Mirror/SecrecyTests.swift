import Foundation
import Git
import GitMirror
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct SecrecyTests {
    /// Watches all command lines while a fetch that is slow on purpose goes on, by a password from a file and from the address.
    @Test(arguments: [true, false])
    func `no secret is in an argument`(isFile: Bool) async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            let proxy = try FaultProxy(to: server.port)
            proxy.set(.delay(.milliseconds(100)))
            let encoded = try #require(
                GitHTTPServer.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            )
            var settings = MirrorSettings()
            settings.caFile = server.authority.certificate
            if isFile {
                settings.tokenFile = try scene.file("token", GitHTTPServer.password)
            }
            let user = isFile ? GitHTTPServer.user : "\(GitHTTPServer.user):\(encoded)"
            let address = try RemoteAddress("https://\(user)@127.0.0.1:\(proxy.port)/private/jobs.git")
            let mirror = scene.mirror(of: address, settings)
            let seen = try await whileWatching { _ = try await mirror.fetch() }
            #expect(seen.contains { $0.contains("git fetch") })
            #expect(seen.contains { $0.contains("git-remote-https") || $0.contains("git remote-https") })
            let secrets = [GitHTTPServer.password, encoded, Data(GitHTTPServer.password.utf8).base64EncodedString()]
            for command in seen {
                #expect(!secrets.contains { command.contains($0) }, "\(command)")
            }
        }
    }

    /// Runs something, and looks again and again meanwhile which commands there are.
    private func whileWatching(_ body: () async throws -> Void) async throws -> Set<String> {
        let isDone = Shared(false)
        return try await withThrowingTaskGroup(of: Set<String>.self) { group in
            group.addTask {
                var seen: Set<String> = []
                while !isDone.value {
                    seen.formUnion(try CommandLines.containing("git"))
                    try await Task.sleep(for: .milliseconds(1))
                }
                return seen
            }
            defer { isDone.value = true }
            try await body()
            isDone.value = true
            return try await group.next() ?? []
        }
    }

    /// A server that says everything it was told, in an error.
    @Test func `no secret is in an error`() async throws {
        let scene = try await MirrorScene()
        let secret = "tell-nobody-41"
        let server = try EchoServer()
        var settings = MirrorSettings()
        settings.tokenFile = try scene.file("token", secret)
        let address = try RemoteAddress("http://ann@127.0.0.1:\(server.port)/jobs.git")
        let error = await #expect(throws: MirrorError.self) { try await scene.mirror(of: address, settings).fetch() }
        let text = "\(String(describing: error)) \(error.debugDescription)"
        #expect(server.heard.contains { $0.contains(Data("ann:\(secret)".utf8).base64EncodedString()) })
        #expect(text.contains("***"))
        #expect(!text.contains(secret))
        #expect(!text.contains(Data("ann:\(secret)".utf8).base64EncodedString()))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func `the mirror holds no secret`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            let password = try #require(
                GitHTTPServer.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            )
            var settings = MirrorSettings()
            settings.caFile = server.authority.certificate
            let text = "https://\(GitHTTPServer.user):\(password)@127.0.0.1:\(server.port)/private/jobs.git"
            let mirror = scene.mirror(of: try RemoteAddress(text), settings)
            _ = try await mirror.fetch()
            let files = FileManager.default.enumerator(atPath: scene.folder.path("mirror"))?.allObjects ?? []
            for case let name as String in files {
                let data = FileManager.default.contents(atPath: scene.folder.path("mirror/\(name)")) ?? Data()
                let content = String(decoding: data, as: UTF8.self)
                #expect(!content.contains(GitHTTPServer.password) && !content.contains(password), "\(name)")
            }
        }
    }
}
