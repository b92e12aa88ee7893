import Foundation
import TestSupport
import Testing

/// The command line behind a proxy.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ProxyTests {
    @Test
    func `verbs and hooks go through the proxy that the variables name, with its password`() async throws {
        let folder = try TemporaryFolder()
        let proxy = try await ConnectProxy(in: folder)
        let server = ["--server", "https://jobs.example.invalid"]
        let without = ["http_proxy": "", "no_proxy": "", "NO_PROXY": "", "HTTPS_PROXY": ""]
        for (variable, isAsked) in [("https_proxy", true), ("HTTPS_PROXY", true), ("http_proxy", false)] {
            let before = try proxy.requests()
            let variables = without.merging([variable: proxy.address]) { $1 }
            let result = try await Tool.run(["status"] + server, in: folder.url.path, environment: variables)
            #expect(result.code == 1)
            #expect(result.text.contains("no service answers at https://jobs.example.invalid"))
            #expect(!result.text.contains(ConnectProxy.password))
            let asked = try proxy.requests().dropFirst(before.count).contains {
                $0.hasPrefix("CONNECT jobs.example.invalid:443 ")
            }
            #expect(asked == isAsked, "\(variable)")
        }
        let before = try proxy.requests()
        let direct = without.merging(["https_proxy": proxy.address, "no_proxy": "other, .example.invalid"]) { $1 }
        #expect(try await Tool.run(["status"] + server, in: folder.url.path, environment: direct).code == 1)
        #expect(try proxy.requests().count == before.count)
        let broken = without.merging(["https_proxy": "gopher://user:hunter2@p"]) { $1 }
        let refused = try await Tool.run(["status"] + server, in: folder.url.path, environment: broken)
        #expect(refused.code == 64)
        #expect(refused.text.contains("$https_proxy names no proxy that can be used"))
        #expect(!refused.text.contains("hunter2"))
        try await proxy.stop()
    }

    @Test
    func `a service of this machine is asked itself`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let proxies = [
            "http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1", "no_proxy": "", "NO_PROXY": "",
        ]
        let result = try await Tool.run(
            ["status", "--server", service.url.absoluteString],
            in: scene.repository.clone,
            environment: proxies
        )
        #expect(result.code == 0, "\(result.text)")
        #expect(try await service.stop() == 0)
    }
}
