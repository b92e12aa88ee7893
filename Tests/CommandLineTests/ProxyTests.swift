import AsyncHTTPClient
import Testing

@testable import CommandLine

/// Proxy selection by the variables that curl uses.
@Suite
struct ProxyTests {
    private func place(_ server: String, _ environment: [String: String]) throws -> String? {
        try ProxyRules(environment: environment).proxy(for: try ServerAddress(server)).map { "\($0.host):\($0.port)" }
    }

    @Test(
        arguments: [
            ("https://jobs.example", ["https_proxy": "http://p:1"], "p:1"),
            ("https://jobs.example", ["HTTPS_PROXY": "http://p:1"], "p:1"),
            ("https://jobs.example", ["https_proxy": "", "HTTPS_PROXY": "q:2"], "q:2"),
            ("https://jobs.example", ["https_proxy": "p:1", "HTTPS_PROXY": "q:2"], "p:1"),
            ("https://jobs.example", ["http_proxy": "p:1"], nil), ("http://jobs.example", ["https_proxy": "p:1"], nil),
            ("http://jobs.example", ["http_proxy": "http://p:1/"], "p:1"),
            ("http://jobs.example", ["HTTP_PROXY": "p:1"], nil),
            ("https://jobs.example:8443/x", ["https_proxy": "p"], "p:1080"),
            ("https://jobs.example", ["https_proxy": "http://[::1]:3"], "::1:3"),
            ("https://jobs.example", ["https_proxy": "socks5://p:4"], "p:4"),
            ("https://jobs.example", ["https_proxy": "http://u:w@p:5"], "p:5"),
            ("unix:/run/socket", ["http_proxy": "p:1", "https_proxy": "p:1"], nil),
            ("http://localhost:8899", ["http_proxy": "p:1"], nil),
            ("http://127.0.0.1:8899", ["http_proxy": "p:1"], nil), ("http://127.9.9.9", ["http_proxy": "p:1"], nil),
            ("https://[::1]:8899", ["https_proxy": "p:1"], nil), ("https://LOCALHOST", ["https_proxy": "p:1"], nil),
        ] as [(String, [String: String], String?)]
    )
    func `the variable of the scheme names the proxy`(server: String, environment: [String: String], proxy: String?)
        throws
    {
        #expect(try place(server, environment) == proxy)
    }

    @Test(
        arguments: [
            ("*", "jobs.example", true), ("jobs.example", "jobs.example", true), ("example", "jobs.example", true),
            (".example", "jobs.example", true), (".jobs.example", "jobs.example", true),
            ("other, jobs.EXAMPLE", "jobs.example", true),
            ("other jobs.example", "jobs.example", true), ("jobs.example.", "jobs.example", true),
            ("jobs.example", "jobs.example.", true),
            ("bs.example", "jobs.example", false), ("", "jobs.example", false), (",.,", "jobs.example", false),
            ("*.example", "jobs.example", false),
            ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false), ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("2001:db8::/32", "[2001:db8::7]", true), ("[2001:db8::7]", "[2001:db8::7]", true),
            ("2001:db9::/32", "[2001:db8::7]", false),
        ] as [(String, String, Bool)]
    )
    func `no_proxy has hosts, domains and ranges`(list: String, host: String, isDirect: Bool) throws {
        for name in ["no_proxy", "NO_PROXY"] {
            let proxy = try place("https://\(host)", ["https_proxy": "p:1", name: list])
            #expect((proxy == nil) == isDirect, "\(name)")
        }
    }

    @Test(arguments: ["https://p:1", "ftp://p", "http://", "://", "socks4://p:1"])
    func `the message for an invalid proxy names only the variable`(value: String) throws {
        let error = #expect(throws: ServerError.self) { try place("https://jobs.example", ["https_proxy": value]) }
        #expect(error?.kind == .usage)
        #expect(error?.description.hasPrefix("$https_proxy names no proxy") == true)
    }
}
