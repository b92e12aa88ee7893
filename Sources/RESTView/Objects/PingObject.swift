import Foundation
import Journal

/// The state of the service. Anybody may read it, so it contains no credentials, error texts or paths.
struct PingObject: Encodable {
    private struct Repository: Encodable {
        @Nullable var url: String?
        @Nullable var branch: String?
        @Nullable var head: String?
        @Nullable var lastFetch: Date?
        @Nullable var error: String?
    }

    private struct Reconcile: Encodable {
        @Nullable var lastAttempted: String?
        @Nullable var lastApplied: String?
        let pending: Int
        let held: Int
    }

    private struct Cluster: Encodable {
        let id: String
        let backend: String
        let reachable: Bool
        @Nullable var error: String?
        /// Absent for clusters that decide themselves.
        let protections: [String]?
    }

    private struct State: Encodable {
        let writable: Bool
        let error: String
    }

    private struct Auth: Encodable {
        let reachable: Bool
        @Nullable var error: String?
    }

    private let status: String
    private let uptimeSeconds: Int
    private let repository: Repository
    private let reconcile: Reconcile
    private let clusters: [Cluster]
    /// The state folder; absent while it is writable.
    private let state: State?
    /// The identity provider; absent if none is configured.
    private let auth: Auth?

    /// Reads the state; `isProviderReachable` is nil without an identity provider.
    init(
        _ service: ServiceStatus?,
        backlog: (pending: Int, held: Int),
        isProviderReachable: Bool?,
        uptime: Duration
    ) {
        status = (service?.isHealthy ?? true) && (isProviderReachable ?? true) ? "ok" : "degraded"
        auth = isProviderReachable.map { Auth(reachable: $0, error: $0 ? nil : "unreachable") }
        uptimeSeconds = Int(uptime.components.seconds)
        repository = Repository(
            url: service.flatMap { PublicAddress.of($0.repositoryURL) },
            branch: service?.branch,
            head: service?.head,
            lastFetch: service?.lastFetch,
            error: service?.repositoryError.map { _ in "unreadable" }
        )
        reconcile = Reconcile(
            lastAttempted: service?.lastAttempted,
            lastApplied: service?.lastApplied,
            pending: backlog.pending,
            held: backlog.held
        )
        state = service?.stateError.map { _ in State(writable: false, error: "unwritable") }
        clusters = (service?.clusters ?? []).map { cluster in
            Cluster(
                id: cluster.id,
                backend: cluster.backend,
                reachable: cluster.reachable,
                error: cluster.error.map { _ in "unreachable" },
                protections: cluster.protections
            )
        }
    }
}

/// The answer of `GET /api/version`.
public struct BuildInformation: Sendable, Encodable {
    /// The release, for example `0.1.0`.
    public let version: String
    /// The commit of the build, 40 hexadecimal digits, or `unknown`.
    public let commit: String
    /// The version of the Swift compiler.
    public let swift: String
    /// The version of the linked library.
    public let libgit2: String
    let apiVersions = APIVersion.allCases.map(\.rawValue)

    /// Describes a build; the API's versions are added here.
    public init(version: String, commit: String, swift: String, libgit2: String) {
        self.version = version
        self.commit = commit
        self.swift = swift
        self.libgit2 = libgit2
    }
}

/// A repository's address without its secrets.
enum PublicAddress {
    /// Removes the user, the password and the query of a remote, and all but the last name of a local path.
    ///
    /// - Returns: nil for a text that is no known kind of address, since it might contain a secret.
    static func of(_ address: String) -> String? {
        if address.hasPrefix("/") || address.hasPrefix("file:") {
            let name = address.split(separator: "/").last ?? ""
            return name.hasPrefix("file:") ? "file:///" : "file:///.../\(name)"
        }
        guard address.contains("://") else { return ofShellForm(address) }
        guard var parts = URLComponents(string: address) else { return nil }
        parts.user = nil
        parts.password = nil
        parts.query = nil
        parts.fragment = nil
        return parts.string
    }

    /// `user@host:path`, as `scp` and git write it.
    private static func ofShellForm(_ address: String) -> String? {
        let host = address.prefix { $0 != "/" }
        let start = host.lastIndex(of: "@").map(host.index(after:)) ?? host.startIndex
        return host[start...].contains(":") ? String(address[start...]) : nil
    }
}
