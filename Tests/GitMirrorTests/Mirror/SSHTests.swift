import Foundation
import Git
import GitMirror
import GitSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct SSHTests {
    private func settings(_ server: SSHServer) -> MirrorSettings {
        var settings = MirrorSettings()
        settings.sshKey = server.key
        settings.knownHosts = server.knownHosts
        return settings
    }

    @Test(arguments: ["ed25519", "rsa", "ecdsa"])
    func `a key of any type lets in`(type: String) async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder, keyType: type)
        try await server.running {
            let mirror = scene.mirror(of: try RemoteAddress(server.url(scene.bare.path)), settings(server))
            let head = try await scene.work.id("HEAD")
            #expect(try await mirror.fetch() == .moved(from: nil, to: head))
            #expect(try await mirror.fetch() == .unchanged(head))
        }
    }

    @Test func `an unknown host is refused and not learned`() async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder)
        var settings = settings(server)
        let knownHosts = try scene.file("empty", "")
        settings.knownHosts = knownHosts
        try await server.running {
            let mirror = scene.mirror(of: try RemoteAddress(server.url(scene.bare.path)), settings)
            let host = "[127.0.0.1]:\(server.port)"
            let expected = MirrorError.hostKeyUnknown(host: host, knownHosts: knownHosts)
            let error = await #expect(throws: expected) { try await mirror.fetch() }
            let command = "ssh-keyscan -p \(server.port) 127.0.0.1 >> \(knownHosts)"
            #expect(error?.description.contains(command) == true)
            #expect(try String(contentsOfFile: knownHosts, encoding: .utf8).isEmpty)
            // The command heals it.
            _ = try await scene.work.shell(command)
            #expect(try await mirror.fetch().head != nil)
        }
    }

    @Test func `a changed host key is refused`() async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder)
        let mirror = scene.mirror(of: try RemoteAddress(server.url(scene.bare.path)), settings(server))
        let head = try await server.running { try await mirror.fetch().head }
        try await scene.push()
        try await server.running(hostKey: "other-host") {
            let host = "[127.0.0.1]:\(server.port)"
            let expected = MirrorError.hostKeyChanged(host: host, knownHosts: server.knownHosts)
            let error = await #expect(throws: expected) { try await mirror.fetch() }
            #expect(error?.description.contains("ssh-keygen -f '\(server.knownHosts)' -R '\(host)'") == true)
        }
        #expect(try await scene.head(of: mirror) == head)
    }

    @Test func `a key that is not let in says so`() async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder)
        var settings = settings(server)
        let key = scene.folder.path("stranger")
        try await SSHServer.makeKey(key)
        settings.sshKey = key
        try await server.running {
            let mirror = scene.mirror(of: try RemoteAddress(server.url(scene.bare.path)), settings)
            let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
            guard case .authenticationRefused = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.isPermanent == true)
        }
    }

    @Test(arguments: ["", "PEM"]) func `a key with a passphrase is named`(format: String) async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder, keyType: "rsa")
        var settings = settings(server)
        let key = scene.folder.path("locked")
        try FileManager.default.copyItem(atPath: server.key, toPath: key)
        let lock = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret words", "-f", key]
        try await run(lock + (format == "" ? [] : ["-m", format]), in: "/")
        settings.sshKey = key
        try await server.running {
            let mirror = scene.mirror(of: try RemoteAddress(server.url(scene.bare.path)), settings)
            let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
            guard case .fileUnusable(setting: "sshKey", path: key, let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("it has a passphrase") && reason.contains("ssh-keygen -t ed25519 -N ''"))
        }
    }

    @Test func `a key that others can read is named`() async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: server.key)
        try await server.running {
            let mirror = scene.mirror(of: try RemoteAddress(server.url(scene.bare.path)), settings(server))
            let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
            guard case .fileUnusable(setting: "sshKey", path: server.key, let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("bad permissions"))
        }
    }

    @Test func `a server that stalls or hangs up is given up`() async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder)
        var settings = settings(server)
        settings.fetchTimeout = .seconds(5)
        try await server.running {
            let proxy = try FaultProxy(to: server.port)
            let address = try RemoteAddress("ssh://127.0.0.1:\(proxy.port)\(scene.bare.path)")
            let mirror = scene.mirror(of: address, settings)
            for place in [0, 20, 600] {
                proxy.set(.stall(after: place))
                let start = ContinuousClock.now
                let expected = MirrorError.timedOut(after: .seconds(5), setting: "repository.fetchTimeout")
                await #expect(throws: expected, "stalled at \(place)") { try await mirror.fetch() }
                // As generous as in FaultTests.
                #expect(ContinuousClock.now - start < .seconds(90))
                proxy.set(.cut(after: place))
                let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
                guard case .connectionFailed(_, let reason) = error else {
                    Issue.record("cut at \(place): \(String(describing: error))")
                    continue
                }
                // ssh's own last line, and not git's advice after it.
                #expect(reason.contains("onnection") && !reason.contains("remote repository"), "\(reason)")
            }
        }
    }

    @Test func `a repository that is not there and a host that is down have names of their own`() async throws {
        let scene = try await MirrorScene()
        let server = try await SSHServer(in: scene.folder)
        let address = try RemoteAddress(server.url(scene.folder.path("nowhere.git")))
        let mirror = scene.mirror(of: address, settings(server))
        try await server.running {
            await #expect(throws: MirrorError.repositoryNotFound(address: address.description)) {
                try await mirror.fetch()
            }
        }
        let error = await #expect(throws: MirrorError.self) { try await mirror.fetch() }
        guard case .hostUnreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
