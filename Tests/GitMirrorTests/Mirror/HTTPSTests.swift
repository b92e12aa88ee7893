import Foundation
import Git
import GitMirror
import GitSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct HTTPSTests {
    /// Settings that trust the server and have its password.
    private func settings(_ scene: MirrorScene, _ server: GitHTTPServer) throws -> MirrorSettings {
        var settings = MirrorSettings()
        settings.caFile = server.authority.certificate
        settings.userFile = try scene.file("user", GitHTTPServer.user)
        settings.tokenFile = try scene.file("token", "\(GitHTTPServer.password)\r\n")
        return settings
    }

    private func address(_ server: GitHTTPServer, _ place: String = "private") throws -> RemoteAddress {
        try RemoteAddress("https://127.0.0.1:\(server.port)/\(place)/jobs.git")
    }

    @Test func `a password from files lets in`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            let mirror = scene.mirror(of: try address(server), try settings(scene, server))
            let head = try await scene.work.id("HEAD")
            #expect(try await mirror.fetch() == .moved(from: nil, to: head))
            let next = try await scene.push()
            #expect(try await mirror.fetch() == .moved(from: head, to: next))
        }
    }

    @Test func `a password in the address lets in`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            var settings = MirrorSettings()
            settings.caFile = server.authority.certificate
            let password = try #require(
                GitHTTPServer.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            )
            let text = "https://\(GitHTTPServer.user):\(password)@127.0.0.1:\(server.port)/private/jobs.git"
            let mirror = scene.mirror(of: try RemoteAddress(text), settings)
            #expect(try await mirror.fetch().head != nil)
        }
    }

    @Test func `paths may be relative`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            var settings = try settings(scene, server)
            settings.caFile = settings.caFile.map(MirrorScene.relative)
            settings.tokenFile = settings.tokenFile.map(MirrorScene.relative)
            settings.userFile = settings.userFile.map(MirrorScene.relative)
            let folder = MirrorScene.relative(scene.folder.path("mirror"))
            let mirror = Mirror(of: try address(server), branch: "main", settings, in: folder)
            let head = try await mirror.fetch().head
            #expect(try await scene.head(of: mirror) == head)
            #expect(mirror.path == scene.folder.path("mirror/mirror.git"))
        }
    }

    @Test func `a changed token file is read again`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            let mirror = scene.mirror(of: try address(server), try settings(scene, server))
            _ = try scene.file("token", "wrong-secret\n")
            let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
            guard case .authenticationRefused = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.description.contains("wrong-secret") == false)
            _ = try scene.file("token", GitHTTPServer.password)
            #expect(try await mirror.fetch().head != nil)
        }
    }

    @Test func `a server that asks is an error and no question`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            var settings = MirrorSettings()
            settings.caFile = server.authority.certificate
            let mirror = scene.mirror(of: try address(server), settings)
            let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
            let expected = MirrorError.authenticationRefused(
                address: try address(server).description,
                reason: "it asks for a user and a password"
            )
            #expect(error == expected)
            #expect(error?.isPermanent == true)
        }
    }

    @Test func `the wrong scheme for a port is named`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            for (url, advice) in [
                ("https://127.0.0.1:\(server.plainPort)/open/jobs.git", "speaks no TLS: write http://"),
                ("http://127.0.0.1:\(server.port)/open/jobs.git", "where the port speaks TLS, write https://"),
            ] {
                let mirror = scene.mirror(of: try RemoteAddress(url), try settings(scene, server))
                let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
                #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
            }
        }
    }

    @Test func `an unknown authority is not trusted`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            for other in [nil, try await CertificateAuthority(in: scene.folder, name: "other").certificate] {
                var settings = MirrorSettings()
                settings.caFile = other
                let mirror = scene.mirror(of: try address(server, "open"), settings)
                let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
                guard case .certificateNotTrusted(host: "127.0.0.1", _) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(error?.description.contains("repository.caFile") == true)
            }
        }
    }

    @Test func `what the server says has a name of its own`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            var settings = MirrorSettings()
            settings.caFile = server.authority.certificate
            let nowhere = try RemoteAddress("https://127.0.0.1:\(server.port)/open/nowhere.git")
            await #expect(throws: MirrorError.repositoryNotFound(address: nowhere.description)) {
                try await scene.mirror(of: nowhere, settings).fetch()
            }
            let broken = await #expect(throws: MirrorError.self) {
                try await scene.mirror(of: try address(server, "broken"), settings).fetch()
            }
            #expect(broken?.description.contains("503") == true)
            #expect(broken?.isPermanent == false)
        }
        let port = try ReservedPort()
        let error = await #expect(throws: MirrorError.self) {
            try await scene.mirror(of: try RemoteAddress("https://127.0.0.1:\(port.number)/jobs.git")).fetch()
        }
        withExtendedLifetime(port) {}
        guard case .hostUnreachable(host: "127.0.0.1", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `credentials do not follow to another origin`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            let mirror = scene.mirror(of: try address(server, "moved"), try settings(scene, server))
            await #expect(throws: MirrorError.self) { try await mirror.fetch() }
            let requests = try await server.requests()
            #expect(requests.contains { $0.contains("GET /private/jobs.git") && $0.contains(" 401 ") }, "\(requests)")
            #expect(requests.allSatisfy { $0.hasSuffix(" -") })
        }
    }

    @Test func `an unchanged remote costs one advertisement`() async throws {
        let scene = try await MirrorScene()
        try await GitHTTPServer.serving(scene.served, in: scene.folder) { server in
            var settings = MirrorSettings()
            settings.caFile = server.authority.certificate
            let mirror = scene.mirror(of: try address(server, "open"), settings)
            _ = try await mirror.fetch()
            let before = try await server.requests().count
            _ = try await mirror.fetch()
            let requests = try await server.requests().dropFirst(before).map { $0.split(separator: "\"")[1] }
            // What the server can do, and where the one reference is: protocol version 2.
            #expect(
                requests == [
                    "GET /open/jobs.git/info/refs?service=git-upload-pack HTTP/1.1",
                    "POST /open/jobs.git/git-upload-pack HTTP/1.1",
                ]
            )
        }
    }

    @Test func `the user's own configuration is not read`() async throws {
        let scene = try await MirrorScene()
        let mirror = scene.mirror()
        _ = try await mirror.fetch()
        let home = scene.folder.path("mirror/home")
        // Its home is a folder of its own, and what is there is not read either.
        try Data("[broken".utf8).write(to: URL(fileURLWithPath: "\(home)/.gitconfig"))
        #expect(try await mirror.fetch().head != nil)
    }

    @Test(arguments: ["tokenFile", "caFile", "sshKey", "knownHosts"])
    func `a file that is missing is named`(setting: String) async throws {
        let scene = try await MirrorScene()
        var settings = MirrorSettings()
        switch setting {
        case "tokenFile": settings.tokenFile = "/nowhere"
        case "caFile": settings.caFile = "/nowhere"
        case "sshKey": settings.sshKey = "/nowhere"
        default: settings.knownHosts = "/nowhere"
        }
        let isSSH = ["sshKey", "knownHosts"].contains(setting)
        let address = try RemoteAddress(isSSH ? "ssh://127.0.0.1:1/x" : "https://127.0.0.1:1/x")
        let mirror = scene.mirror(of: address, settings)
        let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
        guard case .fileUnusable(setting, path: "/nowhere", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
