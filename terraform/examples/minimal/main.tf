# The fewest inputs. In another repository, the source is
# git::https://git.example.com/video-responses.git//terraform/modules/service?ref=terraform-v0.1.0
module "service" {
  source = "../../modules/service"

  stage = "dev"
  name  = "responses-dev"
  jwt   = var.jwt

  deletion_protection = var.deletion_protection

  packages = {
    for function in ["api", "on_upload", "on_job", "reconcile"] : function => {
      path   = "${var.packages_dir}/${function}.zip"
      sha256 = filebase64sha256("${var.packages_dir}/${function}.zip")
    }
  }
}
