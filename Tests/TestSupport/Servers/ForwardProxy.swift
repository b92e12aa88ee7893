import Foundation
import Glibc

/// A proxy that hands on connections to other places: Debian's tinyproxy for `CONNECT`, microsocks for SOCKS.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6>, <https://www.rfc-editor.org/rfc/rfc1928>.
package struct ForwardProxy: Sendable {
    /// What it speaks.
    package enum Kind: String, Sendable, CaseIterable {
        case http
        case socks5
    }

    /// As a client names it, without a password.
    package var url: String { "\(kind.rawValue)://127.0.0.1:\(port)" }
    package let kind: Kind
    package let port: UInt16
    private let log: String

    /// Runs a proxy for as long as the body runs.
    ///
    /// - Parameters:
    ///   - kind: what it speaks.
    ///   - folder: gets its files.
    ///   - login: the user and the password that are wanted, of `http` alone. Default: none are.
    ///   - ports: to which it hands on, of `http` alone. Default: any.
    package static func serving<Result>(
        _ kind: Kind,
        in folder: TemporaryFolder,
        login: (user: String, password: String)? = nil,
        ports: [UInt16] = [],
        _ body: (ForwardProxy) async throws -> Result
    ) async throws -> Result {
        let reserved = try ReservedPort()
        let proxy = ForwardProxy(kind: kind, port: reserved.number, log: folder.path("proxy-\(UUID()).log"))
        let program = try await RunningProgram(try proxy.command(folder, login, ports), log: proxy.log)
        let result: Swift.Result<Result, any Error>
        do {
            try await eventually("the proxy listens (\(proxy.log))") { Loopback.answers(port: proxy.port) }
            result = .success(try await body(proxy))
        } catch {
            result = .failure(error)
        }
        try await program.end(with: SIGTERM)
        return try withExtendedLifetime(reserved) { try result.get() }
    }

    private func command(
        _ folder: TemporaryFolder,
        _ login: (user: String, password: String)?,
        _ ports: [UInt16]
    ) throws -> [String] {
        guard kind == .http else { return ["microsocks", "-i", "127.0.0.1", "-p", "\(port)"] }
        var lines = ["Port \(port)", "Listen 127.0.0.1", "LogLevel Connect", "MaxClients 100"]
        if let login { lines.append("BasicAuth \(login.user) \(login.password)") }
        lines += ports.map { "ConnectPort \($0)" }
        let configuration = folder.path("proxy-\(UUID()).conf")
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: configuration))
        return ["tinyproxy", "-d", "-c", configuration]
    }

    /// What it has written down: a line with the place for each connection that it handed on.
    package var lines: [String] {
        get throws { try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init) }
    }
}
