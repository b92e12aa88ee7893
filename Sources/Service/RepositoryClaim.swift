import Crypto
import Formats
import Foundation
import GitMirror
import Platform
import Reconciler

/// Keeps a second service of this machine from serving the same branch of the same repository, with which every job would run
/// twice.
///
/// Two services on different machines are not noticed here. On Kubernetes, each finds the objects of the other.
struct RepositoryClaim: Sendable {
    /// The name that stands for the branch on this machine.
    let name: String
    private let holder: MachineName

    /// Claims the branch for this process.
    ///
    /// It tries for 2 s, because a service that was stopped a moment ago may be about to end.
    ///
    /// - Returns: the claim, which lasts as long as a copy of it; nil if the settings allow several services.
    /// - Throws: ``StartError`` if another service has the branch.
    static func make(for settings: Settings) async throws(StartError) -> RepositoryClaim? {
        guard !settings.sharesRepository else { return nil }
        let name = name(for: settings)
        let end = ContinuousClock.now + .seconds(2)
        while true {
            do throws(MachineName.Holder) {
                let holder = try MachineName.claim(name)
                return holder.map { RepositoryClaim(name: name, holder: $0) }
            } catch {
                guard ContinuousClock.now < end else {
                    let holder = error.pid.map { ", process \($0)," } ?? ""
                    throw StartError(
                        """
                        another service\(holder) serves the branch \(settings.branch) of \(settings.repository) on this machine, \
                        and every job would run twice; stop it, or, where each has clusters of its own, write \
                        repository: {shared: true} for both
                        """
                    )
                }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The name that stands for the branch on this machine.
    static func name(for settings: Settings) -> String {
        let place = place(of: settings.repository)
        let digest = SHA256.hash(data: Data("\(place) \(settings.branch)".utf8))
        return "tfjob-admin/\(digest.hexadecimal)"
    }

    /// The repository's place, the same for all ways to write it.
    static func place(of repository: RepositoryAddress) -> String {
        switch repository {
        case .local(let path):
            let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            let inner = folder + "/.git"
            return FileManager.default.fileExists(atPath: inner) ? inner : folder
        case .remote(let address): return place(ofURL: address.url)
        }
    }

    /// `host/path` without scheme, user, default port and `.git`.
    static func place(ofURL url: String) -> String {
        var rest = url[...]
        if let separator = url.range(of: "://") {
            rest = url[separator.upperBound...]
        } else if let colon = url.firstIndex(of: ":") {
            rest = "\(url[..<colon])/\(url[url.index(after: colon)...])"
        }
        let authority = rest.prefix { $0 != "/" }
        var host = (authority.split(separator: "@").last.map(String.init) ?? "").lowercased()
        for port in [":22", ":443"] where host.hasSuffix(port) {
            host.removeLast(port.count)
        }
        var path = rest[authority.endIndex...].split(separator: "/").joined(separator: "/")
        if path.hasSuffix(".git") {
            path.removeLast(4)
        }
        return "\(host)/\(path)"
    }
}
