import Foundation
import Platform
import RESTView
import Reconciler
import SignIn
import TestSupport
import Testing

@testable import Service

@Suite
struct AuthSettingsTests {
    private func settings(_ yaml: String, listen: String? = nil) throws -> Settings {
        let folder = try TemporaryFolder()
        let path = folder.path("config.yaml")
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: path))
        let flags = SettingsSource.Flags(repository: "/srv/jobs.git", listen: listen)
        return try SettingsSource(config: path, flags: flags, environment: [:]).settings()
    }

    @Test
    func `every key of auth is read`() throws {
        let settings = try settings(
            """
            auth:
              oidc: {issuer: https://idp.example.org, audience: tfjob-admin, userClaim: email, groupsClaim: a.b, caFile: /ca.pem}
              trustedProxies: [10.0.0.0/8, "::1"]
              access:
                - {groups: [ml-admins, "ops-*"]}
                - {users: [ann@example.org], clusters: [prod], partitions: ["team-*"]}
            """
        )
        let provider = IdentityProvider(
            issuer: try Issuer("https://idp.example.org"),
            audience: "tfjob-admin",
            userClaim: "email",
            groupsClaim: "a.b",
            certificateFile: "/ca.pem"
        )
        let ranges = ["10.0.0.0/8", "::1"].compactMap(AddressRange.init)
        let rules = [
            AccessRule(groups: ["ml-admins", "ops-*"], clusters: ["*"], partitions: ["*"]),
            AccessRule(users: ["ann@example.org"], clusters: ["prod"], partitions: ["team-*"]),
        ]
        #expect(settings.authentication == Authentication(provider: provider, trustedProxies: ranges, access: rules))
    }

    @Test
    func `the claims have defaults, and nobody has access rules`() throws {
        let settings = try settings("auth: {oidc: {issuer: 'http://localhost:1', audience: a}}")
        let provider = try #require(settings.authentication?.provider)
        #expect(provider.userClaim == "sub")
        #expect(provider.groupsClaim == "groups")
        #expect(settings.authentication?.access == [])
    }

    @Test
    func `a proxy may be at the socket`() throws {
        let authentication = try settings("auth: {trustedProxies: [unix, '::1']}").authentication
        #expect(authentication?.trustsSocket == true)
        #expect(authentication?.trustedProxies.count == 1)
        #expect(try settings("auth: {trustedProxies: ['::1']}").authentication?.trustsSocket == false)
    }

    @Test
    func `with auth, the service may listen on any address`() throws {
        let auth = "auth: {oidc: {issuer: https://idp.example.org, audience: a}}"
        #expect(try settings(auth, listen: "0.0.0.0:8899").listen == ListenAddress(host: "0.0.0.0", port: 8899))
        #expect(throws: SettingsError.self) { try settings("", listen: "0.0.0.0:8899") }
    }

    @Test(
        arguments: [
            ("auth: {}", "auth: nobody could sign in"),
            ("auth:", "auth: nobody could sign in"),
            ("auth: {access: [{users: ['*']}]}", "auth: nobody could sign in"),
            ("auth: oidc", "auth must be a mapping"),
            ("auth: {oidc: {issuer: https://a}}", "1:14: auth.oidc: audience is missing"),
            ("auth: {oidc: {}}", "auth.oidc: issuer is missing"),
            (
                "auth: {oidc: {issuer: http://a, audience: b}}",
                "auth.oidc.issuer: \"http://a\" is no issuer; write its https URL"
            ),
            ("auth: {oidc: {issuer: https://a, audience: ''}}", "auth.oidc.audience is empty"),
            ("auth: {oidc: {issuer: https://a, audience: b, secret: c}}", "auth.oidc.secret is not known"),
            ("auth: {trustedProxies: []}", "auth.trustedProxies must be a list of one element or more"),
            ("auth: {trustedProxies: 10.0.0.0/8}", "auth.trustedProxies must be a list"),
            ("auth: {trustedProxies: [10.0.0.1/8]}", "auth.trustedProxies: \"10.0.0.1/8\" is no range of addresses"),
            ("auth: {trustedProxies: ['::1'], access: []}", "auth.access must be a list of one element or more"),
            ("auth: {trustedProxies: ['::1'], access: [{}]}", "auth.access: a rule is for somebody"),
            ("auth: {trustedProxies: ['::1'], access: [{clusters: [a]}]}", "auth.access: a rule is for somebody"),
            ("auth: {trustedProxies: ['::1'], access: [{groups: []}]}", "auth.access.groups must be a list"),
            ("auth: {trustedProxies: ['::1'], access: [{groups: a}]}", "auth.access.groups must be a list"),
            ("auth: {trustedProxies: ['::1'], access: [{group: [a]}]}", "auth.access.group is not known"),
        ]
    )
    func `each fault is reported, and the service does not start without authentication`(yaml: String, message: String)
    {
        let error = #expect(throws: SettingsError.self) { try settings(yaml) }
        #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(
        arguments: [
            ("auth: {trustedProxies: ['::1']}", true), ("auth: {trustedProxies: [127.0.0.0/8]}", true),
            ("auth: {trustedProxies: [10.0.0.0/8]}", false), ("auth: {trustedProxies: [unix]}", false),
            ("auth: {trustedProxies: ['::1']}\nclusters: {a: {backend: local}}", true),
            ("auth: {trustedProxies: ['::1']}\nclusters: {a: {backend: kubernetes}}", false),
        ]
    )
    func `a trusted proxy on a machine that runs jobs is warned of`(yaml: String, isWarned: Bool) throws {
        let warnings = try settings(yaml).warnings.filter { $0.contains("auth.trustedProxies has an address") }
        #expect(warnings.count == (isWarned ? 1 : 0))
    }
}
