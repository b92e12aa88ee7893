import Foundation
import NIOSSL

/// Where a service's certificate and its key are.
public struct CertificateFiles: Sendable, Equatable {
    /// A PEM file: the certificate first, then those that vouch for it.
    public let certificate: String
    /// A PEM file: the certificate's key, not encrypted.
    public let key: String

    /// Takes two paths. Nothing is read yet.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both and holds them against each other.
    ///
    /// - Throws: ``CertificateError``
    public func check() throws(CertificateError) {
        _ = try CertificatePair(self).context(self)
    }
}

/// Why a certificate can't be used: a sentence for the operator.
public struct CertificateError: Error, CustomStringConvertible, Sendable {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What the two files hold.
struct CertificatePair: Equatable {
    private let certificate: Data
    private let key: Data

    init(_ files: CertificateFiles) throws(CertificateError) {
        certificate = try Self.read(files.certificate)
        key = try Self.read(files.key)
    }

    private static func read(_ path: String) throws(CertificateError) -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CertificateError("\(path) can't be read; put the PEM file there, readable for the service")
        }
        return data
    }

    /// What TLS is spoken with.
    func context(_ files: CertificateFiles) throws(CertificateError) -> NIOSSLContext {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(Array(certificate)), !chain.isEmpty else {
            throw CertificateError(
                "\(files.certificate) holds no certificate; write one as PEM, -----BEGIN CERTIFICATE-----"
            )
        }
        guard let key = try? NIOSSLPrivateKey(bytes: Array(key), format: .pem) else {
            throw CertificateError("\(files.key) holds no key that can be used; write one as PEM, without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        // <https://www.rfc-editor.org/rfc/rfc8996>: the older ones are not to be used.
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CertificateError("\(files.key) is not the key of \(files.certificate): \(error)")
        }
    }
}
